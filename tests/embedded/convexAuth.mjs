/**
 * Signs up, calls, refreshes, signs out and signs in again with `@convex-dev/auth`, as its React
 * client does it. Prints what functions saw of the user.
 *
 * Usage: CONVEX_URL=… node convexAuth.mjs EMAIL
 */

import { ConvexHttpClient } from "convex/browser";
import { anyApi } from "convex/server";
import { whoIsSeen } from "./whoIsSeen.mjs";

const url = process.env.CONVEX_URL;
const [email] = process.argv.slice(2);
const password = "correct horse battery staple";

/** @param {object} args */
async function tokensOf(args, token = null) {
  const client = new ConvexHttpClient(url);
  if (token !== null) client.setAuth(token);
  const { tokens } = await client.action(anyApi.auth.signIn, args);
  return tokens;
}

const credentials = (flow) => ({
  provider: "password",
  params: { flow, email, password },
});
const signedUp = await tokensOf(credentials("signUp"));
const refreshed = await tokensOf({ refreshToken: signedUp.refreshToken });
const client = new ConvexHttpClient(url);
client.setAuth(refreshed.token);
const afterSignUp = await whoIsSeen(signedUp.token);
const afterRefresh = await whoIsSeen(refreshed.token);
await client.action(anyApi.auth.signOut, {});
const refreshedAfterSignOut = await tokensOf({
  refreshToken: refreshed.refreshToken,
});
const signedIn = await tokensOf(credentials("signIn"));
const wrong = await tokensOf({
  provider: "password",
  params: { flow: "signIn", email, password: "wrong" },
}).then(
  () => null,
  (error) => error.message,
);
console.log(
  JSON.stringify({
    token: signedUp.token,
    anonymous: await whoIsSeen(null),
    afterSignUp,
    afterRefresh,
    isNewToken: refreshed.refreshToken !== signedUp.refreshToken,
    refreshedAfterSignOut,
    afterSignIn: await whoIsSeen(signedIn.token),
    wrong,
  }),
);
