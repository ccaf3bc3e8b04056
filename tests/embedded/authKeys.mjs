/** Prints the keys that `npx @convex-dev/auth` makes, as environment variables. */

import { generateKeyPairSync } from "node:crypto";

const { privateKey, publicKey } = generateKeyPairSync("rsa", {
  modulusLength: 2048,
});
const pem = privateKey.export({ type: "pkcs8", format: "pem" });
console.log(
  JSON.stringify({
    JWT_PRIVATE_KEY: pem.trimEnd().replaceAll("\n", " "),
    JWKS: JSON.stringify({
      keys: [{ use: "sig", ...publicKey.export({ format: "jwk" }) }],
    }),
  }),
);
