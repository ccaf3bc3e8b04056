import { defineApp } from "convex/server";
import aggregate from "@convex-dev/aggregate/convex.config";
import migrations from "@convex-dev/migrations/convex.config.js";
import counter from "./counter/convex.config";

const app: any = defineApp();
app.use(aggregate);
app.use(aggregate, { name: "byPlayer" });
app.use(migrations);
app.use(counter);
export default app;
