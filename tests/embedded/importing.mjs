/** Prints what two components see that are imported at the same time. */

const server = new URL(
  "../../generator/convexgen/embedded/server/",
  import.meta.url,
);
const { importingComponent, variable } = await import(
  new URL("isolate/environments.mjs", server)
);
const { checkEnvironmentVariable, whileImporting } = await import(
  new URL("isolate/importing.mjs", server)
);

const turn = () => new Promise((resolve) => setImmediate(resolve));
const load = (path, what) =>
  importingComponent(
    path,
    new Map([[path, new Map([["OWN", { value: path }]])]]),
    () =>
      whileImporting(what, async () => {
        await turn();
        const value = variable("OWN");
        await turn();
        try {
          checkEnvironmentVariable("OWN", value);
        } catch (error) {
          return [value, error.message];
        }
        return [value, null];
      }),
  );

const loads = [load("first", "schema"), load("second", "modules")];
console.log(JSON.stringify(await Promise.all(loads)));
