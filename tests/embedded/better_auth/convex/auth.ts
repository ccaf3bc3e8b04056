import { createClient, type GenericCtx } from "@convex-dev/better-auth";
import { convex, crossDomain } from "@convex-dev/better-auth/plugins";
import { betterAuth } from "better-auth/minimal";
import type { GenericDataModel } from "convex/server";
import { components } from "./_generated/api";
import authConfig from "./auth.config";

export const authComponent = createClient<GenericDataModel>(
  components.betterAuth,
);

export const createAuth = (ctx: GenericCtx<GenericDataModel>) =>
  betterAuth({
    baseURL: process.env.CONVEX_SITE_URL,
    trustedOrigins: [process.env.SITE_URL!],
    database: authComponent.adapter(ctx),
    emailAndPassword: { enabled: true, requireEmailVerification: false },
    plugins: [
      crossDomain({ siteUrl: process.env.SITE_URL! }),
      convex({ authConfig }),
    ],
  });
