import type { Value } from "convex/values";

import { InvalidArgument } from "./errors.js";

/** Names what entities come with. */
export interface Include<Name extends PropertyKey> {
  include?: readonly Name[] | undefined;
}

/** An entity with others: what it refers to, and what refers to it. */
export type Including<Entity, Related, Name extends keyof Related> = {
  readonly item: Entity;
} & Pick<Related, Name>;

/** An entity, or where names are asked for, the entity with these. */
export type Found<Entity, Related, Name extends keyof Related> = [
  Name,
] extends [never]
  ? Entity
  : Including<Entity, Related, Name>;

/** What an entity may come with. */
export interface RelationDescription {
  decode: (document: Value) => unknown;
  /** Whether there may be several. */
  isMany: boolean;
}

export type Relations = Readonly<Record<string, RelationDescription>>;

/** What is found of a relation, each once, and the places of those of each entity. */
interface Related {
  documents: Value[];
  places: number[][];
}

/** Whether something is asked for. Throws `InvalidArgument` for what is not there. */
export function isIncluding(
  include: readonly PropertyKey[] | undefined,
  relations: Relations,
): include is readonly string[] {
  if (include === undefined) return false;
  const given: unknown = include;
  if (!Array.isArray(given)) {
    throw new InvalidArgument("`include` is an array of names");
  }
  if (include.length === 0) return false;
  for (const name of include) {
    if (Object.hasOwn(relations, name)) continue;
    const known = Object.keys(relations).join(", ");
    const problem = `names ${JSON.stringify(name)}, and there are ${known}`;
    throw new InvalidArgument(`\`include\` ${problem}`);
  }
  return true;
}

/** What comes with each of some entities, of what an answer includes. */
export function withRelated<Entity>(
  items: readonly (Entity | null)[],
  included: Value,
  relations: Relations,
): ({ item: Entity } | null)[] {
  const answers = Object.entries(
    included as unknown as Record<string, Related>,
  );
  const found = answers.flatMap(([name, { documents, places }]) => {
    const relation = relations[name];
    if (relation === undefined) return [];
    const { isMany, decode } = relation;
    return [{ name, isMany, decoded: documents.map(decode), places }];
  });
  return items.map((item, place) => {
    if (item === null) return null;
    const related = found.map(({ name, isMany, decoded, places }) => {
      const own = (places[place] ?? []).map((position) => decoded[position]);
      return [name, isMany ? own : (own[0] ?? null)];
    });
    return { item, ...Object.fromEntries(related) } as { item: Entity };
  });
}
