export { MastraConvexStore, type MastraConvexStoreConfig } from "./store.js";
