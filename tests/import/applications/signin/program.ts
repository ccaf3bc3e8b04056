import { strict as assert } from "node:assert";
import { ConvexStorage } from "./generated/typescript/index.js";

const { authAccounts, memberships, organizations, users } =
  ConvexStorage.fromEnv();
const [organization] = await organizations.list().all();
assert(organization !== undefined);
const [ann] = await users.email("ann@tea.example").all();
assert(ann !== undefined);
const [account] = await authAccounts
  .userIdAndProvider(ann._id, "password")
  .all();
assert.equal(account?.providerAccountId, "ann@tea.example");
const [first, second] = await memberships.organization(organization._id).all();
assert.deepEqual(first?.roles, ["owner", "editor"]);
assert.equal(second?.invitedBy, ann._id);
console.log("done");
