import { defineApp } from "convex/server";
import part from "./part/convex.config";

const app: any = defineApp();
app.use(part);

export default app;
