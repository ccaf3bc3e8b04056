export * from "./reports.js";
