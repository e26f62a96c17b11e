/** The rules of this folder: each records something cheaper of the same value, and can be left out (`new Graph({ rewrites })`). */
export const rewriteNames = ["hoist", "smallTable", "sumOverSteps", "tableRows"] as const;

/** The name of a rule that may record something cheaper of the same value. @useDeclaredType */
export type RewriteName = (typeof rewriteNames)[number];
