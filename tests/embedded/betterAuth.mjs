/**
 * Signs up, calls, refreshes, signs out and signs in again with `@convex-dev/better-auth` and the
 * client of `better-auth`. Prints what functions saw of the user.
 *
 * Usage: CONVEX_URL=… CONVEX_SITE_URL=… SITE_URL=… node betterAuth.mjs EMAIL
 */

import {
  convexClient,
  crossDomainClient,
} from "@convex-dev/better-auth/client/plugins";
import { createAuthClient } from "better-auth/client";
import { whoIsSeen } from "./whoIsSeen.mjs";

const { CONVEX_SITE_URL, SITE_URL } = process.env;
const [email] = process.argv.slice(2);
const password = "correct horse battery staple";
const name = "Ada";

/** A browser at the site of the app. */
function newBrowser() {
  const items = new Map();
  return createAuthClient({
    baseURL: CONVEX_SITE_URL,
    fetchOptions: { headers: { Origin: SITE_URL } },
    plugins: [
      convexClient(),
      crossDomainClient({
        storage: {
          getItem: (key) => items.get(key) ?? null,
          setItem: (key, value) => items.set(key, value),
        },
      }),
    ],
  });
}

async function tokenOf(browser) {
  const { data } = await browser.convex.token();
  return data?.token ?? null;
}

const browser = newBrowser();
const signUp = await browser.signUp.email({ email, password, name });
const signedUp = await tokenOf(browser);
const refreshed = await tokenOf(browser);
const session = await browser.getSession();
const afterSignUp = await whoIsSeen(signedUp);
const afterRefresh = await whoIsSeen(refreshed);
await browser.signOut();
const afterSignOut = await tokenOf(browser);
const other = newBrowser();
const wrong = await other.signIn.email({ email, password: "wrong" });
await other.signIn.email({ email, password });
console.log(
  JSON.stringify({
    error: signUp.error,
    token: signedUp,
    sessionOf: session.data?.user.email ?? null,
    anonymous: await whoIsSeen(null),
    afterSignUp,
    afterRefresh,
    afterSignOut,
    afterSignIn: await whoIsSeen(await tokenOf(other)),
    wrong: wrong.error?.code ?? null,
  }),
);
