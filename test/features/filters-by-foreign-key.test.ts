// Filters on a foreign key over HTTP: the name of its column means the column, the name of the relationship its records.
import { expect, it } from 'vitest'
import { describeVideos } from '../support/describe-videos.ts'

describeVideos('filters on a foreign key', videos => {
  it('take the id where the column is named, although the related records have a natural key', async () => {
    const { json } = await videos.ask('/video_tags?per_page=100&tag=tennis')
    expect(json.data.length).toBeGreaterThan(0)
    for (const query of ['tag_id=3', 'tag_id[]=3', 'filter[tag_id]=3', 'filter[tag_id][in]=3', 'tag[id]=3']) {
      expect((await videos.ask(`/video_tags?per_page=100&${query}`)).json.data, query).toEqual(json.data)
    }
    expect((await videos.ask('/video_tags?tag_id=tennis')).json.errors[0].code).toBe('invalid_value')
  })
})
