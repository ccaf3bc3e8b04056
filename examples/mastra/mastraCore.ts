/** What this program needs of the types of `@mastra/core`, which has several hundred dependencies. */
export interface MastraMessageContentV2 {
  format: 2;
  parts: { type: "text"; text: string }[];
  content?: string;
}

/** `MastraMessageV2` of `@mastra/core/memory`. */
export interface MastraMessageV2 {
  id: string;
  content: MastraMessageContentV2;
  role: "user" | "assistant";
  createdAt: Date;
  threadId?: string;
  resourceId?: string;
  type?: string;
}
