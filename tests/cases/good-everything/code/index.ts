export { Notebook } from "./notebook.js";
