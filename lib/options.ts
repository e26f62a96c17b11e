/** The tables of options, and the rules that they are made of. */
export * from "./options/collections.js";
export * from "./options/names.js";
export * from "./options/rule.js";
export * from "./options/scalars.js";
export * from "./options/table.js";
export * from "./options/values.js";
