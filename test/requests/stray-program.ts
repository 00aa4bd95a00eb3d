// A program: something fails that is no part of a request, with `containStrays` or without it.
import { containStrays } from '../../src/index.ts'

const [what = '', contained = ''] = process.argv.slice(2)
if (contained === 'contained') containStrays(() => console.log('It was taken for what a request has left behind.'))
if (what === 'listener') {
  process.on('uncaughtException', (error: Error, origin) => console.log('heard', origin, error.message))
  process.on('unhandledRejection', reason => console.log('heard', String(reason)))
  setTimeout(() => Promise.reject(new Error('of a promise')), 5)
  setTimeout(() => Promise.reject(new Error('of another promise')), 10)
}
setTimeout(() => {
  if (what === 'rejection') Promise.reject(new Error('of nobody'))
  else if (what === 'no error') Promise.reject('of nobody')
  else throw new Error('of nobody')
}, 20)
setTimeout(() => console.log('It goes on.'), 200)
