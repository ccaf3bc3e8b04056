export * from "./others.js";
