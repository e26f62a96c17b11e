/** The rules of this folder: each records something cheaper of the same value, and can be left out (`new Graph({ rewrites })`). */
export const rewriteNames = ["hoist", "smallTable", "sumOverSteps", "tableRows"] as const;

export type RewriteName = (typeof rewriteNames)[number];
