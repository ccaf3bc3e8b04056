/**
 * Signs tokens as an identity provider does. Prints `{jwks, tokens}`.
 *
 * Usage: node sign.mjs RS256|ES256 '[CLAIMS, …]' KEY_ID
 */

import { generateKeyPairSync, sign } from "node:crypto";

const [algorithm = "", claims = "[]", kid = ""] = process.argv.slice(2);
const { publicKey, privateKey } =
  algorithm === "RS256"
    ? generateKeyPairSync("rsa", { modulusLength: 2048 })
    : generateKeyPairSync("ec", { namedCurve: "P-256" });
const key = { ...publicKey.export({ format: "jwk" }), kid };

const encode = (part) =>
  Buffer.from(JSON.stringify(part)).toString("base64url");
const tokens = JSON.parse(claims).map((payload) => {
  const header = encode({ alg: algorithm, typ: "JWT", kid });
  const signed = `${header}.${encode(payload)}`;
  const options = { key: privateKey, dsaEncoding: "ieee-p1363" };
  const signature = sign("sha256", Buffer.from(signed), options);
  return `${signed}.${signature.toString("base64url")}`;
});
process.stdout.write(`${JSON.stringify({ jwks: { keys: [key] }, tokens })}\n`);
