// What the compiler refuses in a definition, each at the very line of the mistake.
import { compute, defineApi, field, given, now, param, principal, resource } from '../../src/index.ts'
import { db } from './schema.ts'

// Names of fields, roles and options
resource(db.users, {
  roles: {
    admin: { read: 'all' },
    regular: {
      read: {
        without: [
          'name',
          // @ts-expect-error
          'emial',
        ],
      },
    },
  },
})
resource(db.users, {
  roles: {
    admin: { read: 'all' },
    regular: {
      read: {
        // @ts-expect-error
        onyl: ['name'],
      },
    },
  },
})
resource(db.users, {
  roles: {
    admin: { read: 'all' },
    regular: {
      defaults: {
        list: {
          // @ts-expect-error
          only: ['nmae'],
        },
      },
    },
  },
})
resource(db.users, {
  roles: {
    admin: { read: 'all' },
    regular: {
      defaults: {
        // @ts-expect-error
        items: 'all',
      },
    },
  },
})
resource(db.users, {
  computed: { followed: { exists: { followers: true } } },
  roles: {
    admin: { read: 'all' },
    regular: {
      write: {
        create: {
          only: [
            'name',
            // @ts-expect-error a computed field cannot be written
            'followed',
          ],
        },
      },
    },
  },
})
resource(db.users, {
  roles: {
    admin: { read: 'all' },
    regular: {
      write: {
        // @ts-expect-error
        craete: 'all',
      },
    },
  },
})
resource(db.users, {
  roles: {
    admin: { read: 'all' },
    regular: {
      // @ts-expect-error
      delete: 'yes',
    },
  },
})
resource(db.users, {
  roles: {
    admin: { read: 'all' },
    regular: {
      // @ts-expect-error
      extends: 'admni',
    },
  },
})
resource(db.users, {
  roles: {
    admin: { read: 'all' },
    regular: {
      // @ts-expect-error itself
      extends: 'regular',
    },
  },
})
resource(db.users, {
  roles: {
    admin: { read: 'all' },
    regular: {
      // @ts-expect-error
      raed: 'all',
    },
  },
})
resource(db.users, {
  roles: {
    admin: { read: 'all' },
    regular: {
      // @ts-expect-error
      read: 'everything',
    },
  },
})

// Filters of roles
resource(db.videos, {
  roles: {
    regular: {
      where: {
        // @ts-expect-error a field
        stat: 'draft',
      },
    },
  },
})
resource(db.videos, {
  roles: {
    regular: {
      where: {
        // @ts-expect-error a value of an enum
        state: 'drafft',
      },
    },
  },
})
resource(db.videos, {
  roles: {
    regular: {
      when: {
        views_count: {
          // @ts-expect-error an operator
          gtee: 5,
        },
      },
    },
  },
})
resource(db.videos, {
  roles: {
    regular: {
      when: {
        tags: {
          // @ts-expect-error an operator of another type
          contains: 'x',
        },
      },
    },
  },
})
resource(db.videos, {
  roles: {
    regular: {
      when: {
        // @ts-expect-error null where there is none
        title: null,
        published_at: null,
      },
    },
  },
})
resource(db.videos, {
  roles: {
    regular: {
      when: {
        // @ts-expect-error a value of another type
        title: 5,
      },
    },
  },
})
resource(db.videos, {
  roles: {
    regular: {
      when: {
        // @ts-expect-error a value of another type
        views_count: { gte: true },
      },
    },
  },
})
resource(db.videos, {
  roles: {
    regular: {
      when: {
        user: {
          // @ts-expect-error a field of a related record
          privat: false,
        },
      },
    },
  },
})
resource(db.videos, {
  roles: {
    regular: {
      when: {
        comments: {
          some: {
            // @ts-expect-error a field of related records
            txt: 'x',
          },
        },
      },
    },
  },
})
resource(db.videos, {
  roles: {
    regular: {
      when: {
        comments: {
          // @ts-expect-error a quantifier
          any: { text: 'x' },
        },
      },
    },
  },
})
resource(db.videos, {
  roles: {
    regular: {
      when: {
        or: [
          { state: 'draft' },
          {
            not: {
              // @ts-expect-error inside or and not
              titel: 'x',
            },
          },
        ],
      },
    },
  },
})
resource(db.videos, {
  roles: {
    regular: {
      when: {
        // @ts-expect-error another field of the record
        title: field('descriptoin'),
      },
    },
  },
})
resource(db.videos, {
  roles: {
    regular: {
      when: {
        // @ts-expect-error a role has no parameters
        title: param('title'),
      },
    },
  },
})
resource(db.videos, {
  roles: {
    regular: {
      when: {
        // @ts-expect-error nor a given value
        title: given,
      },
    },
  },
})
resource(db.videos, {
  roles: {
    regular: {
      set: {
        // @ts-expect-error a field to set
        titel: 'x',
      },
    },
  },
})
resource(db.videos, {
  roles: {
    regular: {
      set: {
        // @ts-expect-error a value of another type to set
        views_count: true,
      },
    },
  },
})
resource(db.videos, {
  roles: {
    regular: {
      when: {
        // @ts-expect-error a key of another type
        user: true,
      },
    },
  },
})

// Computed fields
resource(db.users, {
  computed: {
    made: {
      exists: {
        // @ts-expect-error a relationship
        folowers: true,
      },
    },
  },
})
resource(db.users, {
  computed: {
    made: {
      count: {
        videos: {
          // @ts-expect-error a field of the related records
          stat: 'published',
        },
      },
    },
  },
})
resource(db.users, {
  computed: {
    made: {
      count: { videos: true },
      // @ts-expect-error
      sees: 'everything',
    },
  },
})
resource(db.users, {
  computed: {
    made: {
      // @ts-expect-error
      field: 'usrname',
    },
  },
})
resource(db.users, {
  computed: {
    made: {
      where: {
        // @ts-expect-error
        privat: true,
      },
    },
  },
})
resource(db.users, {
  computed: {
    made: {
      // @ts-expect-error a column type
      type: 'txt',
      sql: '{name}',
    },
  },
})
resource(db.users, {
  computed: {
    made: {
      // @ts-expect-error a kind of computed field
      exist: { followers: true },
    },
  },
})
compute(db.users, {
  type: 'text',
  from: [
    'name',
    // @ts-expect-error
    'nmae',
  ],
  values: () => [],
})
compute(db.users, {
  type: 'text',
  from: ['name'],
  // @ts-expect-error numbers are no text
  values: rows => rows.map(() => 1),
})
compute(db.users, {
  type: 'text',
  from: ['name'],
  claims: ['locale'],
  // @ts-expect-error only the columns of `from` are there
  values: rows => rows.map(row => row.email),
})
compute(db.users, {
  type: 'text',
  from: ['name'],
  claims: ['locale'],
  // @ts-expect-error only the claims that are declared are there
  values: (rows, { claims }) => rows.map(() => String(claims.locle)),
})

// Lists
resource(db.videos, {
  filters: [
    'title',
    // @ts-expect-error
    'titel',
  ],
})
resource(db.videos, {
  filters: [
    'title',
    {
      recent: {
        // @ts-expect-error
        publishd_at: { gte: given },
      },
    },
  ],
})
resource(db.videos, {
  filters: [
    {
      among: {
        // @ts-expect-error
        title: { inn: given },
      },
    },
  ],
})
resource(db.videos, {
  filters: {
    recent: {
      published_at: {
        // @ts-expect-error
        gtee: given,
      },
    },
  },
})
resource(db.videos, {
  sorts: [
    'title',
    // @ts-expect-error
    'titel',
  ],
})
resource(db.videos, {
  sorts: [
    {
      // @ts-expect-error
      username: 'user.usrname',
    },
  ],
})
resource(db.videos, {
  sorts: {
    username: 'user.username',
    // @ts-expect-error
    author: 'usr.username',
  },
})
resource(db.videos, {
  sorts: {
    // @ts-expect-error it leads to many
    text: 'comments.text',
  },
})
resource(db.videos, {
  sorts: { username: 'user.username' },
  // @ts-expect-error
  defaultSort: '-usrname',
})
resource(db.videos, {
  defaultSort: [
    'title',
    // @ts-expect-error
    '-user.usrname',
  ],
})
resource(db.videos, {
  scopes: {
    since: {
      params: {
        // @ts-expect-error
        from: 'dat',
      },
      where: { published_at: { gte: param('from') } },
    },
  },
})
resource(db.videos, {
  scopes: {
    since: {
      params: { from: 'date' },
      where: {
        // @ts-expect-error
        published_at: { gte: param('form') },
      },
    },
  },
})
resource(db.videos, {
  scopes: {
    published: {
      where: {
        // @ts-expect-error
        stat: 'published',
      },
    },
  },
})
resource(db.videos, {
  scopes: {
    published: {
      where: { state: 'published' },
      // @ts-expect-error
      publish: true,
    },
  },
})
resource(db.videos, {
  scopes: {
    named: {
      where: {
        // @ts-expect-error scopes have parameters
        title: given,
      },
    },
  },
})

// The rest
resource(db.videos, {
  roles: {},
  // @ts-expect-error
  naturalKey: 'titel',
})
resource(db.videos, {
  roles: {},
  // @ts-expect-error
  key: 'idd',
})
resource(db.videos, {
  roles: {},
  rename: {
    // @ts-expect-error
    titel: 'name',
  },
})
resource(db.videos, {
  roles: {},
  relationships: {
    user: { key: 'shown' },
    // @ts-expect-error
    usr: { key: 'shown' },
  },
})
resource(db.videos, {
  roles: {},
  relationships: {
    user: {
      // @ts-expect-error only of many-to-many
      access: 'ends',
    },
  },
})
resource(db.videos, {
  roles: {},
  // @ts-expect-error
  fliters: ['title'],
})
resource(db.videos, {
  roles: {},
  page: {
    // @ts-expect-error
    maxSze: 5,
  },
})
// @ts-expect-error a table
resource(db.vidoes, { roles: {} })

const videos = resource(db.videos, {
  roles: { owner: { when: { user: principal('id') } }, guest: { where: { published_at: { lte: now } } } },
})
defineApi(
  { videos },
  {
    roles: {
      guest: 'anyone',
      // @ts-expect-error
      gest: 'anyone',
    },
  },
)
defineApi(
  { videos },
  {
    roles: {
      // @ts-expect-error
      guest: 'everyone',
    },
  },
)
defineApi(
  { videos },
  {
    // @ts-expect-error
    basPath: '/api',
  },
)

// Values that are written
resource(db.users, {
  schema: {
    // @ts-expect-error
    usernmae: { minLength: 3 },
  },
})
resource(db.users, {
  schema: {
    username: {
      // @ts-expect-error
      minLenght: 3,
    },
  },
})
resource(db.users, {
  rules: {
    in_order: {
      fields: [
        'created_at',
        // @ts-expect-error
        'suspended',
      ],
      check: () => null,
    },
  },
})
resource(db.users, {
  rules: {
    in_order: {
      fields: ['created_at'],
      // @ts-expect-error
      check: record => record.craeted_at ?? null,
    },
  },
})
resource(db.users, {
  rules: {
    in_order: {
      fields: ['created_at'],
      // @ts-expect-error words, or null
      check: () => true,
    },
  },
})

// Actions
resource(db.users, {
  roles: { admin: { read: 'all' } },
  actions: {
    greet: {
      roles: [
        'admin',
        // @ts-expect-error a role of this resource
        'owner',
      ],
      run: () => undefined,
    },
  },
})
resource(db.users, {
  roles: { admin: { read: 'all' } },
  actions: {
    greet: {
      roles: ['admin'],
      // @ts-expect-error a column of the records
      run: ({ records }) => records.filter(one => one.nmae !== null).length,
    },
  },
})
resource(db.users, {
  roles: { admin: { read: 'all' } },
  actions: {
    greet: {
      roles: ['admin'],
      // @ts-expect-error a number, or nothing
      run: () => 'done',
    },
  },
})
resource(db.users, {
  roles: { admin: { read: 'all' } },
  actions: {
    greet: {
      roles: ['admin'],
      run: async ({ db: sql }) => {
        // @ts-expect-error a table of the schema
        await sql.deleteFrom('usres').execute()
      },
    },
  },
})
resource(db.users, {
  roles: { admin: { read: 'all' } },
  actions: {
    // @ts-expect-error values or a function
    greet: { roles: ['admin'], set: { name: 'x' }, run: () => 1 },
  },
})

// Singulars
resource(db.videos, {
  singulars: {
    remark: {
      // @ts-expect-error a relationship to many
      of: 'user',
      by: { user: principal('id') },
    },
  },
})
resource(db.videos, {
  singulars: {
    remark: {
      of: 'comments',
      by: {
        // @ts-expect-error a field of those records
        usr: principal('id'),
      },
    },
  },
})
resource(db.videos, {
  singulars: {
    // @ts-expect-error whose it is
    remark: { of: 'comments' },
  },
})
