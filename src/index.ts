// The public names of ".". Every type that an exported definition can mention is among them, or `tsc --declaration` could not name it.
export { type SignOptions, sign } from './client/sign.ts'
export { createServer, type RunningServer, type ServerOptions } from './create-server.ts'
export { type ConnectOptions, connectPostgres } from './databases/postgres/connect.ts'
export { refuse } from './errors/refuse.ts'
export { RequestFailure, type RequestFailureOptions } from './errors/request-failure.ts'
export type { CorsOptions } from './http/cors.ts'
export type { HstsOptions } from './http/make-entrance.ts'
export type { ConnectionLimits, HttpTimeouts } from './http/make-http-server.ts'
export { type NodeMountOptions, nodeHandler } from './http/mount-node.ts'
export type { TlsOptions } from './http/tls-files.ts'
export { containStrays, StrayError } from './jobs/contain-strays.ts'
export { type MountableApi, type MountOptions, mountApi } from './mount-api.ts'
export type { ActionContext } from './schema/action-words.ts'
export { type Api, type ApiOptions, defineApi, type TypeOf } from './schema/api.ts'
export type { Json } from './schema/column-words.ts'
export { type Computed, type ComputeOptions, compute } from './schema/compute.ts'
export { type Filter, field, given, now, param, principal } from './schema/filter-words.ts'
export type { HookContext, HookRecord, Hooks } from './schema/hook-definition.ts'
export { type ReportWords, report } from './schema/report-definition.ts'
export {
  type PerformContext,
  type QueryRecord,
  type RequestKey,
  type RequestWords,
  requests,
  type Schedule,
} from './schema/request-definition.ts'
export { type Definition, type FieldName, type Resource, type ResourceOptions, resource } from './schema/resource.ts'
export type {
  ApiDefinition,
  Backoff,
  FieldValue,
  GivenValue,
  NowValue,
  ParamValue,
  PrincipalValue,
  ReportDefinition,
  ReportFormat,
  ReportQuery,
  RequestDefinition,
  ResourceDefinition,
  RoleHolder,
  VersionDefinition,
} from './schema/resource-definition.ts'
export type { SchemaDefinition } from './schema/schema-definition.ts'
export { type Database, type JsonRowOf, type Of, type RowOf, type Table, type Tables, tables } from './schema/table.ts'
export type { Keywords, Rule } from './schema/validation-words.ts'
export { defineVersion, type Version, type VersionOptions } from './schema/version.ts'
