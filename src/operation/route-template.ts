// Says which route a request takes, with names in place of ids: as many templates as there are resources and kinds, whatever is asked for.
import { type Route, readRoute } from '../request/read-route.ts'
import type { Api } from '../schema/model.ts'
import { toPath } from '../schema/spell-path.ts'

/** Targets whose template is remembered: clients ask for the same again. */
const maxKept = 2_000
/** Of a target that is longer, nothing is remembered. */
const maxLength = 500

/** @returns a function that gives `/api/videos/{id}/comments`; null for a path that names nothing */
export function makeRouteTemplates(): (target: string, api: Api) => string | null {
  let of: Api | undefined
  const kept = new Map<string, string | null>()
  return (target, api) => {
    if (of !== api || kept.size >= maxKept) kept.clear()
    of = api
    let template = kept.get(target)
    if (template === undefined) {
      template = routeTemplate(target, api)
      if (target.length <= maxLength) kept.set(target, template)
    }
    return template
  }
}

function routeTemplate(target: string, api: Api): string | null {
  const mark = target.indexOf('?')
  try {
    const { route, base, path } = readRoute(mark < 0 ? target : target.slice(0, mark), api)
    return route.kind === 'index' ? path : `${base}${templateOf(route)}`
  } catch {
    return null
  }
}

function templateOf(route: Exclude<Route, { readonly kind: 'index' }>): string {
  if (route.kind === 'operations') return '/operations'
  const { path } = route.resource
  switch (route.kind) {
    case 'list':
      return `/${path}`
    case 'query':
      return `/${path}/query`
    case 'item':
      return `/${path}/{id}`
    case 'nested': {
      const list = `/${path}/{id}/${toPath(route.relationship)}`
      return route.targetId === null ? list : `${list}/{target_id}`
    }
    case 'relationship':
      return `/${path}/{id}/relationships/${toPath(route.relationship)}`
    case 'content':
      return `/${path}/{id}/content`
    case 'action': {
      const action = toPath(route.action.name)
      return route.id === null ? `/actions/${action}/${path}` : `/${path}/{id}/actions/${action}`
    }
  }
}
