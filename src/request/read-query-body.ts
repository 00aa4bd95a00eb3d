export function readQueryBody(_b: unknown, _l: unknown): any {
  return {}
}
