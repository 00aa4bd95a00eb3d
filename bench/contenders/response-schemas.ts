// The answers of the Fastify contenders as JSON Schema, of which Fastify makes a serializer each.

const integer = { type: 'integer' } as const
const text = { type: 'string' } as const
const nullableText = { type: 'string', nullable: true } as const
const nullableInteger = { type: 'integer', nullable: true } as const
const time = { type: 'string', format: 'date-time' } as const
const nullableTime = { type: 'string', format: 'date-time', nullable: true } as const

export const video = item({
  id: integer,
  title: text,
  description: nullableText,
  views_count: integer,
  likes_count: integer,
  comments_count: integer,
  published_at: nullableTime,
})

/** With or without user and comments: members that a row lacks are left out. */
export const videos = {
  type: 'object',
  properties: {
    data: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          id: integer,
          title: text,
          description: nullableText,
          thumbnail: nullableText,
          views_count: integer,
          likes_count: integer,
          comments_count: integer,
          published_at: nullableTime,
          created_at: time,
          user: { type: 'object', nullable: true, properties: { id: integer, username: text, name: text } },
          comments: { type: 'array', items: { type: 'object', properties: { id: integer, text } } },
        },
      },
    },
  },
} as const

export const comment = item({
  id: integer,
  text,
  user_id: integer,
  video_id: nullableInteger,
  post_id: nullableInteger,
  comment_id: nullableInteger,
  group_id: nullableInteger,
  created_at: time,
  updated_at: time,
})

export const failure = { type: 'object', properties: { error: text } } as const

function item(properties: Readonly<Record<string, object>>) {
  return { type: 'object', properties: { data: { type: 'object', properties } } } as const
}
