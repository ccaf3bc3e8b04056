export { default } from "../schema";
