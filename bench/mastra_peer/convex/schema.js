import * as mastra from "@mastra/convex/schema";
import { defineSchema } from "convex/server";

export default defineSchema({
  mastra_threads: mastra.mastraThreadsTable,
  mastra_messages: mastra.mastraMessagesTable,
  mastra_resources: mastra.mastraResourcesTable,
  mastra_workflow_snapshots: mastra.mastraWorkflowSnapshotsTable,
  mastra_scorers: mastra.mastraScoresTable,
  mastra_documents: mastra.mastraDocumentsTable,
});
