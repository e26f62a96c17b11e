// Rules for a binary of each platform, and whether it keeps them.
import { readElf } from "./elf.mjs";
import { besideLibc, inLibc, versionedLibrary } from "./everyLibc.mjs";
import { readMachO } from "./machO.mjs";
import { readPe } from "./pe.mjs";
import { oldestGlibc, oldestMacos } from "./targets.mjs";

/** The two functions that Node looks for. */
const entries = ["napi_register_module_v1", "node_api_module_get_api_version_v1"];

/**
 * Names that zig's runtime exports against our will, where its linker knows no list of exports: the unwinder on Windows, operator new and delete
 * on macOS. Both systems look a name up in the library that it was linked with, so they get in nobody's way, as they would on Linux.
 */
const runtimeExports = {
  win32: /^(_Unwind_|unw_|_GCC_specific_handler$)/,
  darwin: /^(_Zn[wa]|_Zd[la]|_mh_dylib_header$|__dso_handle$)/,
};

const noLibrary = /^$/;
const windowsLibraries = /^(KERNEL32|ADVAPI32|ntdll|api-ms-win-[a-z0-9-]+)\.dll$/i;
const macosLibraries = /^\/usr\/lib\/libSystem\.B\.dylib$/;

/** Faults of the bytes of a target's binary, in sentences. */
export function complaints(bytes, target) {
  try {
    return { linux: ofLinux, darwin: ofMacos, win32: ofWindows }[target.platform](bytes, target);
  } catch (error) {
    return [`it cannot be read: ${error.message}`];
  }
}

function ofLinux(bytes, target) {
  const found = readElf(bytes);
  const newest = found.versions.filter((version) => isNewer(version, `GLIBC_${oldestGlibc}`));
  const imports = found.imports.filter(({ name }) => !/^(napi|node_api)_/.test(name));
  const foreign = imports.filter(({ name }) => !inLibc.has(name) && !besideLibc.has(name));
  const misplaced = imports.filter(({ name, library }) => (library ? besideLibc : inLibc).has(name));
  return [
    ...common(found, target, noLibrary),
    ...newest.map((version) => `it needs ${version}, newer than ${oldestGlibc}`),
    ...unless(
      found.versionsOf.every((name) => name === versionedLibrary),
      `it asks for versions of ${found.versionsOf.join(", ")}, expected ${versionedLibrary} alone`,
    ),
    ...foreign.map(({ name }) => `it calls ${name}, which is not known to be in both glibc and musl`),
    ...misplaced.map(({ name, library }) =>
      library
        ? `it wants a version of ${name} of ${library}, which is not known to have it in glibc 2.28`
        : `it wants no version of ${name}`,
    ),
    ...unless(found.relro && found.bindNow, "its table of addresses stays writable: link with -z relro -z now"),
    ...unless(found.noDelete, "it can be unloaded under the threads of its pool: link with -z nodelete"),
    ...unless(!found.textRelocations, "its code is changed when it is loaded (TEXTREL)"),
    ...unless(!found.runPath, "it looks for libraries in a folder of its own (RPATH)"),
    ...unless(!found.executableStack, "its stack is executable"),
    ...unless(!found.writableCode, "it has memory that is writable and executable"),
    ...unless(
      found.imports.some(({ name }) => name === "__stack_chk_fail"),
      "its stacks have no canaries",
    ),
  ];
}

function ofMacos(bytes, target) {
  const found = readMachO(bytes);
  return [
    ...common(found, target, macosLibraries),
    ...unless(found.oldestMacos !== null, "it does not say which macOS it needs"),
    ...unless(
      !isNewer(found.oldestMacos ?? "0", oldestMacos),
      `it needs macOS ${found.oldestMacos}, newer than ${oldestMacos}`,
    ),
    ...unless(!found.runPath, "it looks for libraries in a folder of its own (RPATH)"),
    ...unless(!found.writableCode, "it has memory that is writable and executable"),
    ...unless(target.arch !== "arm64" || found.signature !== null, "it has no signature: macOS does not load it"),
    ...unless(
      found.signature === null || found.signature.right === found.signature.pages,
      `its signature is right for ${found.signature?.right} of ${found.signature?.pages} pages: it was changed after it was signed`,
    ),
  ];
}

function ofWindows(bytes, target) {
  const found = readPe(bytes);
  return [
    ...common(found, target, windowsLibraries),
    ...unless(found.randomAddress, "it is always loaded at the same address"),
    ...unless(found.noExecute, "its data may be executed"),
  ];
}

function common({ arch: foundArch, exports, needed }, { arch, platform }, libraries) {
  const own = exports.filter((name) => !runtimeExports[platform]?.test(name));
  return [
    ...unless(foundArch === arch, `it is for ${foundArch}, expected ${arch}`),
    ...unless(
      JSON.stringify(own.sort()) === JSON.stringify(entries),
      `it exports ${own.length} symbols (${own.slice(0, 5).join(", ")}), expected ${entries.join(" and ")}`,
    ),
    ...needed.filter((name) => !libraries.test(name)).map((name) => `it needs the library ${name}`),
  ];
}

function unless(right, complaint) {
  return right ? [] : [complaint];
}

/** Whether one of two versions of the same form ("GLIBC_2.17", "11.0") is newer; versions of another form are. */
function isNewer(version, limit) {
  const [form, ...numbers] = parts(version);
  const [limitForm, ...limits] = parts(limit);
  if (form !== limitForm) return true;
  for (let i = 0; i < Math.max(numbers.length, limits.length); i++) {
    if ((numbers[i] ?? 0) !== (limits[i] ?? 0)) return (numbers[i] ?? 0) > (limits[i] ?? 0);
  }
  return false;
}

function parts(version) {
  const [, form, numbers] = /^(\D*)([\d.]*)$/.exec(version) ?? [null, version, ""];
  return [form, ...numbers.split(".").map(Number)];
}
