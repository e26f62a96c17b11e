export type { RewriteName } from "./names.js";
export { rewriteNames } from "./names.js";
export { smallTable } from "./smallTable.js";
export { tableRows } from "./tableRows.js";
