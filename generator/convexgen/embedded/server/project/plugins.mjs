/** What esbuild has to do in Convex's way while it bundles functions. */

import { existsSync, readFileSync } from "node:fs";
import { join, resolve, sep } from "node:path";
import { pathToFileURL } from "node:url";

/** @typedef {import("./project.mjs").Project} Project */

/**
 * Notes the files that are sought, found or not, so that a change of any can be
 * noticed; not those of packages.
 *
 * @param {Set<string>} sources gets absolute paths, some without their extension
 * @returns {import("esbuild").Plugin}
 */
export function noteSources(sources) {
  return {
    name: "note-sources",
    setup({ initialOptions, onResolve, onEnd }) {
      const root = initialOptions.absWorkingDir ?? ".";
      onResolve({ filter: /^\.\.?(\/|$)/ }, ({ path, resolveDir }) => {
        if (!isOfPackage(resolveDir)) {
          const sought = resolve(resolveDir, path);
          sources.add(sought).add(join(sought, "index"));
        }
        return null;
      });
      onEnd(({ metafile }) => {
        for (const input of Object.keys(metafile?.inputs ?? {})) {
          const path = resolve(root, input);
          if (!isOfPackage(path)) sources.add(path);
        }
      });
    },
  };
}

/** @param {string} path */
function isOfPackage(path) {
  return path.split(sep).includes("node_modules");
}

/**
 * The package `convex`, which is left out of what is bundled. What is left out can be imported and
 * not required, as CommonJS modules do: for these a module in between imports it.
 *
 * @param {Pick<Project, "convex">} project
 * @returns {import("esbuild").Plugin}
 */
export function sharedConvex(project) {
  const namespace = "shared-convex";
  return {
    name: namespace,
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^convex(\/.*)?$/ }, ({ path, kind }) => {
        const file = project.convex.fileOf(`.${path.slice("convex".length)}`);
        const url = pathToFileURL(file).href;
        return kind === "require-call"
          ? { path: url, namespace }
          : { path: url, external: true };
      });
      onResolve({ filter: /.*/, namespace }, ({ path }) => ({
        path,
        external: true,
      }));
      onLoad({ filter: /.*/, namespace }, ({ path }) => ({
        contents: `export * from ${JSON.stringify(path)};`,
      }));
    },
  };
}

/**
 * The packages that Convex installs where the functions run, in place of bundling them.
 *
 * @param {Project} project
 * @returns {import("esbuild").Plugin}
 */
export function externalPackages(project) {
  return {
    name: "external-packages",
    setup({ onResolve }) {
      onResolve({ filter: /^[^./]/ }, ({ path, kind, resolveDir }) => {
        const isRequired =
          kind === "require-call" || kind === "require-resolve";
        const file = project.findExternal(path, resolveDir, isRequired);
        if (file === null) return null;
        return {
          path: isRequired ? file : pathToFileURL(file).href,
          external: true,
        };
      });
    },
  };
}

const GENERATED_FILES = new Map([
  [
    "api",
    `import { anyApi, componentsGeneric } from "convex/server";
export const api = anyApi; export const internal = anyApi; export const components = componentsGeneric();`,
  ],
  [
    "server",
    `import { actionGeneric, httpActionGeneric, internalActionGeneric, internalMutationGeneric,
  internalQueryGeneric, mutationGeneric, queryGeneric } from "convex/server";
export const action = actionGeneric; export const httpAction = httpActionGeneric;
export const internalAction = internalActionGeneric; export const internalMutation = internalMutationGeneric;
export const internalQuery = internalQueryGeneric; export const mutation = mutationGeneric;
export const query = queryGeneric; export const env = process.env;`,
  ],
]);

/**
 * `_generated/api` and `_generated/server` are the same at run time in every
 * project, so they need not have been generated.
 *
 * @returns {import("esbuild").Plugin}
 */
export function generatedFiles() {
  return {
    name: "generated-files",
    setup({ onResolve, onLoad }) {
      onResolve(
        { filter: /^\..*\/_generated\/(api|server)(\.js)?$/ },
        ({ path, resolveDir }) => {
          const base = join(resolveDir, path.replace(/\.js$/, ""));
          if ([".js", ".ts"].some((extension) => existsSync(base + extension)))
            return null;
          return { path: base, namespace: "generated" };
        },
      );
      onLoad({ filter: /.*/, namespace: "generated" }, ({ path }) => {
        const name = path.slice(path.lastIndexOf(sep) + 1);
        return {
          contents: GENERATED_FILES.get(name) ?? "",
          resolveDir: join(path, ".."),
        };
      });
    },
  };
}

/**
 * The one module of Node.js that Convex's own runtime has a part of.
 * Source: `bundler/debugBundle.ts` of the npm package `convex`.
 *
 * @returns {import("esbuild").Plugin}
 */
export function asyncHooks() {
  return virtualModule(
    "async-hooks",
    /^(node:)?async_hooks$/,
    "export const AsyncLocalStorage = globalThis.AsyncLocalStorage;\n" +
      "export const AsyncResource = globalThis.AsyncResource;\n" +
      "export default { AsyncLocalStorage, AsyncResource };\n",
  );
}

/**
 * A package of Next.js that is for its own bundler.
 * Source: `bundler/serverOnly.ts` of the npm package `convex`.
 *
 * @returns {import("esbuild").Plugin}
 */
export function serverOnly() {
  return virtualModule("server-only", /^server-only$/, "");
}

/**
 * Files of WebAssembly, which are imported as compiled modules.
 * Source: `bundler/wasm.ts` of the npm package `convex`.
 *
 * @returns {import("esbuild").Plugin}
 */
export function wasmModules() {
  return {
    name: "wasm",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /\.wasm$/ }, ({ path, resolveDir }) => ({
        path: resolve(resolveDir, path),
        namespace: "wasm",
      }));
      // esbuild's own loader of bytes may need functions that Node.js 22 does not have.
      onLoad({ filter: /.*/, namespace: "wasm" }, ({ path }) => ({
        contents:
          `const text = atob(${JSON.stringify(readFileSync(path, "base64"))});\n` +
          "const bytes = Uint8Array.from(text, (byte) => byte.charCodeAt(0));\n" +
          "export default new WebAssembly.Module(bytes);\n",
      }));
    },
  };
}

/**
 * @param {string} path of a module
 * @returns {string} a module with its exports in one of its own, called `exports`
 */
export function exportsOf(path) {
  return `export * as exports from ${JSON.stringify(path)};\n`;
}

/** What stands before the path of a module in place of which `exportsOf` is imported. */
export const EXPORTS_OF = "exports-of:";

/**
 * It comes before plugins that look at every path.
 *
 * @returns {import("esbuild").Plugin}
 */
export function importedExports() {
  return {
    name: "exports-of",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^exports-of:/ }, ({ path, resolveDir }) => ({
        path: path.slice(EXPORTS_OF.length),
        namespace: "exports-of",
        pluginData: resolveDir,
      }));
      onLoad({ filter: /.*/, namespace: "exports-of" }, (module) => ({
        contents: exportsOf(module.path),
        resolveDir: module.pluginData,
      }));
    },
  };
}

/**
 * @param {string} name
 * @param {RegExp} filter of what is imported
 * @param {string} contents
 * @returns {import("esbuild").Plugin}
 */
export function virtualModule(name, filter, contents) {
  return {
    name,
    setup({ onResolve, onLoad }) {
      onResolve({ filter }, ({ path }) => ({ path, namespace: name }));
      onLoad({ filter: /.*/, namespace: name }, () => ({ contents }));
    },
  };
}
