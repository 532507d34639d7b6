export { exportsOfPerson } from './personal-data.ts'
export { scheduleErasure } from './schedule-erasure.ts'
