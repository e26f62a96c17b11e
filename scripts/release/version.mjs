// Texts of a release: what of the project's files says its version.
const form = /^(\d+)\.(\d+)\.(\d+)(?:-[\dA-Za-z.-]+)?$/;

/** Refuses a version that is none, or not after the one before. */
export function expectNewVersion(version, before) {
  const numbers = form.exec(version);
  if (!numbers) throw new Error(`"${version}" is no version: expected three numbers such as 1.2.3, or 1.2.3-beta.1.`);
  const old = form.exec(before);
  for (let i = 1; i <= 3; i++) {
    if (Number(numbers[i]) > Number(old[i])) return;
    if (Number(numbers[i]) < Number(old[i])) throw new Error(`${version} is older than ${before}.`);
  }
  // The same three numbers: only a later name of a preview, or the version that was previewed.
  const isLater = before.includes("-") && (!version.includes("-") || version > before);
  if (!isLater) throw new Error(`${version} does not come after ${before}.`);
}

/** The text of a file with the new version in place of the old one. */
export function withVersion(file, text, before, version) {
  if (file === "README.md") return text.replaceAll(`ostinato-${before}.tgz`, `ostinato-${version}.tgz`);
  if (file === "CHANGELOG.md") return text;
  const places = file === "package-lock.json" ? 2 : 1;
  let rest = text;
  let changed = "";
  for (let i = 0; i < places; i++) {
    const old = `"version": "${before}"`;
    const at = rest.indexOf(old);
    if (at < 0) throw new Error(`${file} does not say ${old}.`);
    changed += `${rest.slice(0, at)}"version": "${version}"`;
    rest = rest.slice(at + old.length);
  }
  return changed + rest;
}

/** The changelog with all of Unreleased under the version. */
export function changelogOfRelease(text, version, date) {
  const heading = "## [Unreleased]\n";
  const start = text.indexOf(heading);
  if (start < 0) throw new Error('CHANGELOG.md has no "## [Unreleased]".');
  const rest = text.slice(start + heading.length);
  const end = rest.search(/^## \[/m);
  const changes = (end < 0 ? rest : rest.slice(0, end)).replace(/^### .*$/gm, "").trim();
  if (!changes) throw new Error("CHANGELOG.md says nothing under Unreleased: a release changes something.");
  return `${text.slice(0, start)}${heading}\n## [${version}] - ${date}\n${rest}`;
}
