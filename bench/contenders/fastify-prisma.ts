// What a good engineer writes with Fastify and Prisma 7 over its pg adapter.
import { PrismaPg } from '@prisma/adapter-pg'
import type { ServerContender, Setup } from '../contender.ts'
import { clientFile, generateClient } from '../prisma/generate-client.ts'
import { serveFastify } from './serve-fastify.ts'
import type { VideosFilter, VideosStore } from './videos-store.ts'

/** As much of the generated client as is called here: it is not there when types are checked. */
interface Client {
  readonly videos: {
    findFirst(query: object): Promise<object | null>
    findMany(query: object): Promise<object[]>
  }
  readonly comments: { create(query: object): Promise<object> }
  $disconnect(): Promise<void>
}
interface Generated {
  readonly PrismaClient: new (options: { readonly adapter: PrismaPg }) => Client
}

interface VideoWithUser {
  readonly user: { readonly id: number; readonly private: boolean; readonly suspended_at: Date | null }
}

export const fastifyPrisma: ServerContender = {
  kind: 'server',
  checked: true,
  async missing() {
    try {
      await generateClient()
      return null
    } catch (error) {
      return `its client could not be generated: ${error instanceof Error ? error.message : String(error)}`
    }
  },
  serve: async setup => serveFastify(await openPrismaStore(setup)),
}

async function openPrismaStore({ config, poolSize }: Setup): Promise<VideosStore> {
  const { PrismaClient } = (await import(clientFile.href)) as Generated
  const prisma = new PrismaClient({ adapter: new PrismaPg({ ...config, max: poolSize }) })
  return {
    findVideo: id => prisma.videos.findFirst({ where: { id, state: 'published' }, select: video }),
    findNewest: filter => prisma.videos.findMany({ ...newest(filter), select: listed }),
    async findNewestWithComments(filter) {
      const query = { ...newest(filter), select: withComments }
      const rows = (await prisma.videos.findMany(query)) as (object & VideoWithUser)[]
      return rows.map(({ user, ...row }) => ({ ...row, user: user.private || user.suspended_at ? null : user }))
    },
    async addComment({ text, userId, videoId }) {
      const visible = { id: videoId, OR: [{ state: 'published' }, { user_id: userId }] }
      if (!(await prisma.videos.findFirst({ where: visible, select: { id: true } }))) return null
      return prisma.comments.create({ data: { text, user_id: userId, video_id: videoId } })
    },
    close: () => prisma.$disconnect(),
  }
}

function newest({ state, minViewsCount }: VideosFilter): object {
  return {
    where: { AND: [{ state }, { state: 'published' }], views_count: { gte: minViewsCount } },
    orderBy: [{ created_at: 'desc' }, { id: 'desc' }],
    take: 30,
  }
}

const video = {
  id: true,
  title: true,
  description: true,
  views_count: true,
  likes_count: true,
  comments_count: true,
  published_at: true,
}

const listed = { ...video, thumbnail: true, created_at: true }

const withComments = {
  id: true,
  title: true,
  published_at: true,
  // A condition on a relation to one is not on offer.
  user: { select: { id: true, username: true, name: true, private: true, suspended_at: true } },
  comments: {
    select: { id: true, text: true },
    orderBy: [{ created_at: 'desc' }, { id: 'desc' }],
    take: 5,
  },
}
