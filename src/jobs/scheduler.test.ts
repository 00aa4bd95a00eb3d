// Which time of a schedule is made up for.
import { Cron } from 'croner'
import { expect, it } from 'vitest'
import { latestDue } from './scheduler.ts'

const hourly = new Cron('0 * * * *', { timezone: 'UTC', paused: true })
const next = (after: Date) => hourly.nextRun(after)
const at = (text: string) => new Date(`2026-03-01T${text}:00Z`)

it('makes up for the last time alone, however many were missed', () => {
  expect(latestDue({ next }, at('01:00'), at('05:30').getTime())).toEqual(at('05:00'))
})

it('makes up for nothing where nothing was missed', () => {
  expect(latestDue({ next }, at('05:00'), at('05:59').getTime())).toBeNull()
})
