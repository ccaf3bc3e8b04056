/** What `provide` of the configuration of vitest may say under `convexBackend`. */
export interface ConvexBackendSettings {
  /** The folder with the functions directory in it, from the root of vitest; "." by default. */
  project?: string | undefined;
  /** The functions directory, from `project`; by default the one of `convex.json`. */
  functions?: string | undefined;
  /**
   * The program `convexgen` and what comes before its own arguments, where it
   * is not on the PATH, such as ["uv", "run", "convexgen"].
   */
  command?: string[] | undefined;
}

/** The settings, each with a value. */
export type CompleteSettings = {
  [Name in keyof ConvexBackendSettings]-?: NonNullable<
    ConvexBackendSettings[Name]
  >;
};

declare module "vitest" {
  interface ProvidedContext {
    convexBackend?: ConvexBackendSettings;
    /** The address at which the setup lends servers to tests. */
    convexBackendServers?: string;
  }
}

const DEFAULTS: CompleteSettings = {
  project: ".",
  functions: "",
  command: ["convexgen"],
};

/** The settings in full. Throws an `Error` for those that mean nothing. */
export function completeSettings(
  given: ConvexBackendSettings,
): CompleteSettings {
  const known = Object.keys(DEFAULTS);
  for (const name of Object.keys(given))
    if (!known.includes(name))
      throw new Error(
        `provide.convexBackend has no setting "${name}", only ${known.join(", ")}`,
      );
  const {
    project = DEFAULTS.project,
    functions = DEFAULTS.functions,
    command = DEFAULTS.command,
  } = given;
  const settings = { project, functions, command };
  for (const name of ["project", "functions"] as const)
    if (typeof settings[name] !== "string")
      throw new Error(`provide.convexBackend.${name} must be a string`);
  const isCommand =
    Array.isArray(command) &&
    command.length > 0 &&
    command.every((word) => typeof word === "string");
  if (!isCommand)
    throw new Error(
      'provide.convexBackend.command must be a list of words, such as ["convexgen"]',
    );
  return settings;
}
