// Requests of several shapes with the records that they must answer, told from the tables' rules and not from the API.
import type { Random } from '../hostile/random.ts'
import { ownerOf, owners, petName, pets, petsOf, storyOf, toysOf, weightOf } from './tables.ts'

export interface Question {
  readonly path: string
  /** What stands under `data`. */
  readonly data: unknown
}

const shapes: readonly ((random: Random) => Question)[] = [
  random => {
    const id = anyPet(random)
    const data = { id, name: petName(id), weight: weightOf(id) }
    return { path: `/pets/${id}?fields=id,name,weight`, data }
  },
  random => {
    const id = anyPet(random)
    return { path: `/pets/${id}?fields=id,story`, data: { id, story: storyOf(id) } }
  },
  random => {
    const owner = 1 + random.below(owners)
    const data = petsOf(owner).map(id => ({ id, name: petName(id) }))
    return { path: `/pets?owner_id=${owner}&sort=id&fields=id,name`, data }
  },
  random => {
    const ids = [...new Set([anyPet(random), anyPet(random), anyPet(random)])].sort((a, b) => b - a)
    const data = ids.map(id => ({ id, name: petName(id), owner: { id: ownerOf(id), name: `owner ${ownerOf(id)}` } }))
    return { path: `/pets?id[in]=${ids}&sort=-id&fields=id,name,owner.id,owner.name`, data }
  },
  random => {
    const id = 1 + random.below(owners)
    const data = petsOf(id).map(pet => ({ id: pet, toys: toysOf(pet) }))
    const path = `/owners/${id}?fields=id,name,pets.id,pets.toys.id,pets.toys.name&include=pets.toys`
    return { path, data: { id, name: `owner ${id}`, pets: data } }
  },
  random => {
    const id = anyPet(random)
    return { path: `/pets?name=${encodeURIComponent(petName(id))}&fields=id`, data: [{ id }] }
  },
  random => ({ path: `/pets?id=${pets + 1 + random.below(1_000)}&fields=id,name`, data: [] }),
]

/** Different ones, of every shape alike. */
export function makeQuestions(count: number, random: Random): readonly Question[] {
  const made = new Map<string, Question>()
  for (let i = 0; made.size < count; i++) {
    const question = (shapes[i % shapes.length] as (typeof shapes)[number])(random)
    made.set(question.path, question)
  }
  return [...made.values()]
}

function anyPet(random: Random): number {
  return 1 + random.below(pets)
}
