export type { ErrorCode } from './error-codes.ts'
export { errorCodes } from './error-codes.ts'
export type { Disposition } from './pipeline-error.ts'
export { assertNever, describeError, errorCodeOf, errorLogFields, PipelineError } from './pipeline-error.ts'
