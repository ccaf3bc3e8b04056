export * from "../members";
