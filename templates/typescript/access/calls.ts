import { Buffer } from "node:buffer";

import type { Caller, Json, JsonObject } from "./matrix.js";

export const REFUSED = "refused";
export const REACHED = "reached";
const UNAUTHORIZED = 401;

/** Who calls with a deploy key, and with a wrong one. */
export const HOLDERS: readonly Caller[] = ["key", "wrongKey"].map((name) => ({
  name,
  subject: null,
  tenant: null,
  claims: null,
}));

/** What a function answers: a value, or why it has none. */
export type Answer = { value: Json; refusal?: undefined } | { refusal: string };

/** What Convex calls a function that a client may call. */
export type Kind = "action" | "mutation" | "query";

/** Those of each backend, by its key: to describe them takes it longer than all else of a test. */
const functionsOf = new Map<string, Promise<Map<string, Kind>>>();

/** Calls of the functions of a backend by those whom a matrix of access is about. */
export class Calls {
  readonly #url: string;
  readonly #key: string;

  constructor({ url, adminKey }: { url: string; adminKey: string }) {
    this.#url = url;
    this.#key = adminKey;
  }

  /** The kinds of the functions of the backend, by their paths. */
  functions(): Promise<Map<string, Kind>> {
    const key = this.#key;
    const known = functionsOf.get(key);
    if (known !== undefined) return known;
    const found = this.#described().catch((error: unknown) => {
      functionsOf.delete(key);
      throw error;
    });
    functionsOf.set(key, found);
    return found;
  }

  async #described(): Promise<Map<string, Kind>> {
    const found = await this.byKey("_system/cli/modules:apiSpec", {});
    const functions = new Map<string, Kind>();
    for (const one of listed(found)) {
      const { identifier, functionType } = named(one);
      if (typeof identifier !== "string") continue;
      functions.set(
        identifier.replace(".js:", ":"),
        functionType === "Mutation"
          ? "mutation"
          : functionType === "Action"
            ? "action"
            : "query",
      );
    }
    return functions;
  }

  /** What the key is given. Throws an `Error` where that is none. */
  async byKey(
    path: string,
    args: JsonObject,
    kind: Kind = "query",
  ): Promise<Json> {
    const answer = await this.#call(path, args, kind, `Convex ${this.#key}`);
    if (answer.refusal === undefined) return answer.value;
    throw new Error(`${path} of ${JSON.stringify(args)}: ${answer.refusal}`);
  }

  /** Inserts a document as the dashboard does, and gives it as it is stored. */
  async insert(table: string, fields: Json): Promise<JsonObject> {
    const args = { table, documents: [fields] };
    const path = "_system/frontend/addDocument:default";
    await this.byKey(path, args, "mutation");
    const [inserted] = await this.documents(table, 1);
    return named(inserted);
  }

  /** The last documents of a table, as they are stored. */
  async documents(table: string, numItems: number): Promise<JsonObject[]> {
    const paginationOpts = { numItems, cursor: null };
    const args = { table, order: "desc", paginationOpts };
    const path = "_system/cli/tableData:default";
    return listed(named(await this.byKey(path, args))["page"]).map(named);
  }

  /** Deletes a document as the dashboard does. */
  async delete(tableName: string, id: Json): Promise<void> {
    const args = { toDelete: [{ tableName, id }] };
    const path = "_system/frontend/deleteDocuments:default";
    await this.byKey(path, args, "mutation");
  }

  /** What a caller is given by a function for users. */
  by(
    caller: Caller,
    path: string,
    args: JsonObject,
    kind: Kind,
  ): Promise<Answer> {
    return this.#call(path, args, kind, this.#acting(caller));
  }

  /**
   * Whether a caller gets as far as the arguments of a function, which are none
   * of its own. Users come with tokens here, not with the key, which reaches all.
   */
  async reaches(caller: Caller, path: string, kind: Kind): Promise<string> {
    const header =
      caller.claims === null
        ? this.#acting(caller)
        : `Bearer ${tokenOf(caller.claims)}`;
    const args = { anArgumentThatThereIsNot: true };
    const { refusal } = await this.#call(path, args, kind, header);
    return refusal === undefined || refusal.includes("ArgumentValidationError")
      ? REACHED
      : refusal;
  }

  /** The header of a caller; of users, that of who has the key and acts as them. */
  #acting({ name, claims }: Caller): string | null {
    if (name === "key") return `Convex ${this.#key}`;
    if (name === "wrongKey") return `Convex ${this.#key}x`;
    if (claims === null) return null;
    const encoded = Buffer.from(JSON.stringify(claims)).toString("base64");
    return `Convex ${this.#key}:${encoded}`;
  }

  async #call(
    path: string,
    args: JsonObject,
    kind: Kind,
    header: string | null,
  ): Promise<Answer> {
    const response = await fetch(`${this.#url}/api/${kind}`, {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        ...(header === null ? {} : { Authorization: header }),
      },
      body: JSON.stringify({ path, args, format: "convex_encoded_json" }),
    });
    const said: JsonObject = named(JSON.parse(await response.text()));
    if (response.status === UNAUTHORIZED) return { refusal: REFUSED };
    if (said["status"] === "success") return { value: said["value"] ?? null };
    const data = said["errorData"];
    const code = isNamed(data) ? data["code"] : undefined;
    if (typeof code === "string") return { refusal: code };
    const message = String(said["errorMessage"] ?? JSON.stringify(said));
    const isHidden = message.includes("Could not find public function");
    return { refusal: isHidden ? REFUSED : message };
  }
}

/** Whether a value is an object. */
export function isNamed(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An object, which anything else is not. */
export function named(value: Json | undefined): JsonObject {
  if (isNamed(value)) return value;
  throw new TypeError(`${JSON.stringify(value)} is no object`);
}

/** A list, which anything else is not. */
export function listed(value: Json | undefined): Json[] {
  if (Array.isArray(value)) return value;
  throw new TypeError(`${JSON.stringify(value)} is no list`);
}

/** A token that nobody has signed: where tokens are verified, it is refused as such. */
function tokenOf(claims: JsonObject): string {
  const { issuer, subject, tokenIdentifier: _, ...others } = claims;
  const parts = [
    { alg: "HS256", typ: "JWT" },
    { iss: issuer, sub: subject, ...others },
  ];
  const encoded = parts.map((one) =>
    Buffer.from(JSON.stringify(one)).toString("base64url"),
  );
  return [...encoded, "bm9uZQ"].join(".");
}
