// A program: the S3 server of the tests in a process of its own, until its input ends. What it takes is not counted as anybody else's.
import { startS3Server } from './s3-server.ts'

const s3 = await startS3Server()
console.log(JSON.stringify(s3.options))
process.stdin.resume().on('end', () => void s3.stop().then(() => process.exit()))
