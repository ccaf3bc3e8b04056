/**
 * What the network's thread and the thread of functions tell each other. They
 * are flat and hold JSON as text: a thread copies what the other one sends it.
 *
 * @typedef {import("../project/bundle.mjs").BuiltProject} BuiltProject
 * @typedef {import("../clock.mjs").ClockState} ClockState
 * @typedef {import("../database/commits.mjs").CommitRecord} CommitRecord
 * @typedef {import("../calls/conflicts.mjs").Conflict} Conflict
 * @typedef {import("../control/control.mjs").ClockRequest} ClockRequest
 * @typedef {import("../errors.mjs").FailedCall} FailedCall
 * @typedef {import("../calls/definitions.mjs").FunctionKind} FunctionKind
 * @typedef {import("../calls/httpAnswers.mjs").HttpAnswer} HttpAnswer
 * @typedef {import("./httpBodies.mjs").BodyMessage} BodyMessage
 * @typedef {import("../calls/metadata.mjs").Client} Client
 * @typedef {import("../persistence/storage.mjs").StoredFile} StoredFile
 */

/**
 * Opens a database at the port, in place of the one before.
 *
 * @typedef {object} OpenMessage
 * @property {"open"} type
 * @property {import("node:worker_threads").MessagePort} port
 * @property {CommitRecord | null} initial
 * @property {Map<string, string>} jobFailures
 * @property {ClockState} clock
 * @property {Conflict[]} conflicts
 * @property {import("../project/deploymentUrls.mjs").DeploymentUrls} urls
 */

/**
 * @typedef {object} FunctionCall
 * @property {number} id another one for each call and each request
 * @property {string} path
 * @property {string} componentPath
 * @property {string} args JSON
 * @property {string} identity JSON
 * @property {Client} client
 *
 * @typedef {FunctionCall & { type: "run", kind: FunctionKind | null, format: ResultFormat }} RunMessage
 * @typedef {"lossless" | "clean"} ResultFormat
 *
 * @typedef {FunctionCall & { key: number | null, journal: string | null, format: ResultFormat }} QueryOfSnapshot
 *   `key` of the subscription, null for none
 * @typedef {{ type: "snapshot", id: number, queries: QueryOfSnapshot[], past: bigint | null }} SnapshotMessage
 *   `past` is the timestamp of an earlier state, null for the present
 *
 * @typedef {object} FetchMessage
 * @property {"fetch"} type
 * @property {number} id
 * @property {string} target
 * @property {string} method
 * @property {[name: string, value: string][]} headers
 * @property {Uint8Array<ArrayBuffer> | null} body
 * @property {string} identity JSON
 * @property {Client} client
 *
 * @typedef {{ type: "checkUpload", id: number, token: string }} CheckUploadMessage
 *
 * @typedef {object} UploadMessage
 * @property {"upload"} type
 * @property {number} id
 * @property {string} token
 * @property {Uint8Array<ArrayBuffer>} bytes
 * @property {string | null} contentType
 * @property {string | undefined} sha256
 *
 * @typedef {{ type: "readFile", id: number, fileId: string }} ReadFileMessage
 * @typedef {{ type: "functionSpec", id: number }} FunctionSpecMessage
 * @typedef {{ type: "shapes", id: number }} ShapesMessage
 * @typedef {{ type: "load", id: number, built: BuiltProject }} LoadMessage
 * @typedef {{ type: "install", id: number }} InstallMessage what was loaded last
 * @typedef {{ type: "authConfig", id: number, module: string }} AuthConfigMessage
 * @typedef {{ type: "clock", id: number, request: ClockRequest }} ClockMessage
 *
 * @typedef {RunMessage | SnapshotMessage | FetchMessage | CheckUploadMessage | UploadMessage | ReadFileMessage
 *   | FunctionSpecMessage | ShapesMessage | LoadMessage | InstallMessage | AuthConfigMessage | ClockMessage} Request each gets one answer
 *
 * @typedef {{ type: "readBody", id: number } | { type: "cancelBody", id: number } | { type: "unfollow", keys: number[] } | { type: "advance", timestamp: bigint }
 *   | { type: "conflict", conflict: Conflict } | { type: "noConflicts" } | { type: "ping" }} Notice gets none
 */

/**
 * @typedef {object} CallResult
 * @property {string | null} value the encoded result, null when the call failed
 * @property {FailedCall | null} failure
 * @property {string[]} logLines
 * @property {bigint | null} commitTimestamp of a mutation
 * @property {string | null} nextJournal where the page of a query ended
 * @property {boolean} isStopped the thread had to be ended because of it
 *
 * @typedef {CallResult & { weight: number }} FollowedResult what its thread keeps for as long as it is followed, in bytes
 *
 * @typedef {object} SnapshotResult
 * @property {bigint} timestamp
 * @property {FollowedResult[]} results in the order of the queries; of the first of them, where these are large
 *
 * @typedef {object} RefusedRequest
 * @property {number} status of HTTP
 * @property {string} code
 * @property {string} message
 * @property {boolean} isStartError
 *
 * @typedef {object} Results by the type of the request
 * @property {CallResult} run
 * @property {SnapshotResult} snapshot
 * @property {import("./httpBodies.mjs").ReceivedAnswer} fetch
 * @property {true} checkUpload
 * @property {string} upload the id
 * @property {StoredFile | null} readFile
 * @property {string} functionSpec JSON
 * @property {string} shapes JSON
 * @property {true} load
 * @property {boolean} install false when nothing was loaded, or not by this thread
 * @property {import("../push/authConfig.mjs").ProviderConfig[]} authConfig
 * @property {{ now: number, state: ClockState }} clock
 *
 * @typedef {object} Answer
 * @property {"answer"} type
 * @property {number} id of the request
 * @property {Exclude<Results[keyof Results], Results["fetch"]> | HttpAnswer} result
 * @property {bigint} timestamp not before that of anything that the result shows
 *
 * @typedef {{ type: "refusal", id: number, refusal: RefusedRequest }} Refusal
 *
 * @typedef {object} CommitMessage
 * @property {"commit"} type
 * @property {CommitRecord} record
 * @property {number[]} touched keys of subscriptions that must run again
 * @property {Answer | null} answer to the mutation that has committed
 *
 * @typedef {{ type: "job", id: number, path: string | null, jobId: string | null }} JobMessage
 *   a scheduled function begins, or ends when the path is null
 *
 *
 * @typedef {{ type: "opened", timestamp: bigint }} OpenedMessage
 * @typedef {{ type: "failed", message: string, isExpected: boolean }} FailedMessage nothing was opened
 *
 * @typedef {OpenedMessage | FailedMessage | Answer | Refusal | CommitMessage | JobMessage | BodyMessage | { type: "pong" }
 *   | { type: "log", text: string }} Reply
 */

/**
 * A request that has no number yet.
 *
 * @template {keyof Results} T
 * @typedef {{ type: T } & Omit<Extract<Request, { type: T }>, "id" | "type">} NewRequest
 */

export {};
