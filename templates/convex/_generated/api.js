// `npx convex dev` and `npx convex deploy` write this file too.

import { anyApi, componentsGeneric } from "convex/server";

export const api = anyApi;
export const internal = anyApi;
export const components = componentsGeneric();
