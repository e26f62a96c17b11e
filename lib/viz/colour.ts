/** How much colour a terminal shows: 24 (bits), 8 (256 colours) or 0 (none; marks instead). */
export type ColourDepth = 24 | 8 | 0;

export type RGB = readonly [red: number, green: number, blue: number];

/** Blue and red of equal strength, told apart by people of any colour vision. */
export const blue: RGB = [33, 113, 206];
export const red: RGB = [214, 69, 48];

/** The colours of pages and pictures, on light and on dark ground. */
export const theme = {
  light: { ink: "#1d2733", soft: "#5b6876", card: "#ffffff", line: "#dfe3e8", mark: "#1c5fb0", onMark: "#ffffff" },
  dark: { ink: "#e4e9ee", soft: "#9aa7b4", card: "#1b222a", line: "#2e3843", mark: "#6fb1ff", onMark: "#10161d" },
} as const;

/**
 * Colours for groups: Okabe & Ito (2008), without the black and the yellow, which one of the two grounds would swallow. With
 * another shape each, also a picture without colour tells them apart.
 */
export const groupColours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c8c8c"] as const;

/** The escape sequence for a background of a colour, from nearly black (strength 0) to full (1); none where it is weak. */
export function background(colour: RGB, strength: number, depth: 24 | 8): string {
  if (strength < 0.08) return "";
  const [r, g, b] = colour.map((full) => Math.round(28 + (full - 28) * strength)) as [number, number, number];
  if (depth === 24) return `\u001b[48;2;${r};${g};${b}m\u001b[97m`;
  const level = (value: number) => Math.round((value / 255) * 5);
  return `\u001b[48;5;${16 + 36 * level(r) + 6 * level(g) + level(b)}m\u001b[97m`;
}
