/**
 * Acts as a user with the admin key, as the dashboard does; prints who the user
 * is for a public function, for an internal one, and with the plain key.
 *
 * Usage: node acting.mjs URL ADMIN_KEY
 */

import { ConvexClient } from "convex/browser";
import { anyApi } from "convex/server";

const [url = "", adminKey = ""] = process.argv.slice(2);
const user = { issuer: "someone", subject: "1" };
const client = new ConvexClient(url, { logger: false });
client.client.setAdminAuth(adminKey, user);
const seen = [];
for (const query of [anyApi.users.whoAmI, anyApi.users.whoAmIInside])
  seen.push((await client.query(query, {})).tokenIdentifier);
client.client.setAdminAuth(adminKey);
seen.push(await client.query(anyApi.users.whoAmI, {}));
process.stdout.write(`${JSON.stringify(seen)}\n`, () => process.exit(0));
