/** node:timers/promises. */
export { turnOfEventLoop as setImmediate } from "../../eventLoop.js";
