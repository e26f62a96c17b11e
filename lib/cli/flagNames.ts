import { Option } from "commander";
import type { Facts } from "../options.js";

/** How an option is typed: "-o, --out", or its name in kebab case. */
export function flagsFor(name: string, facts: Facts = {}): string {
  return facts.flag ?? `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** The long one of its flags. */
export function longFlag(name: string, facts?: Facts): string {
  return flagsFor(name, facts).replace(/^.*, /, "");
}

/** The name under which commander keeps its value. */
export function attributeOf(name: string, facts?: Facts): string {
  return new Option(flagsFor(name, facts)).attributeName();
}
