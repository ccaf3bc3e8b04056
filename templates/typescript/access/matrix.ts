/** The matrix of access, as it is generated: who calls what, and what comes of it. */

/** A value as Convex writes it in JSON; `{ $id: name }` is the ID of a document. */
export type Json =
  | string
  | number
  | boolean
  | null
  | Json[]
  | { [name: string]: Json };

/** An object of such values. */
export type JsonObject = { [name: string]: Json };

/** Somebody who calls. */
export interface Caller {
  name: string;
  subject: string | null;
  tenant: string | null;
  /** Of the identity; null where nobody is signed in. */
  claims: JsonObject | null;
}

/** How documents of an entity are made. */
export interface Entity {
  name: string;
  /** The module for the key. */
  module: string;
  argument: string;
  key: string[];
  /** The fields that the identity fills. */
  filled: Record<string, "subject" | "tenant">;
  /** The fields that not everybody sees who sees the document. */
  restricted: string[];
  /** The module for users. */
  users: string | null;
  /**
   * Where the key has no functions that create, get and delete its documents:
   * then what the dashboard calls does.
   */
  table: string | null;
}

/** A document that is there before anybody calls. */
export interface Document {
  name: string;
  entity: string;
  fields: JsonObject;
}

/** What comes of a call. */
export interface Outcome {
  /** The documents, as far as they are seen, or what is done or refused. */
  gives: string[];
  /** The callers of whom it is so. */
  to: string[];
}

/** A call of a function for users, by everybody. */
export interface Row {
  function: string;
  /** What an answer is; a page is in the order of its index, a list in any. */
  result:
    | "count"
    | "created"
    | "document"
    | "list"
    | "offsetPage"
    | "page"
    | "rank"
    | "removal"
    | "unorderedOffsetPage"
    | "unorderedPage"
    | "updated";
  arguments: JsonObject;
  outcomes: Outcome[];
}

export type Visibility = "internal" | "public";

/** A module that is not for users: who reaches its functions. */
export interface Module {
  name: string;
  read: Visibility;
  write: Visibility;
  /** Functions for which it is another one. */
  named: Record<string, Visibility>;
}

/** What the rules of a spec come to. */
export interface Matrix {
  callers: Caller[];
  /** The entity whose documents say what users are members of. */
  members: string | null;
  entities: Entity[];
  documents: Document[];
  rows: Row[];
  modules: Module[];
  /** Modules for users whose documents cannot be made up, with the field that is the reason. */
  untold: Record<string, string>;
}
