import { defineMessages, text } from '../../platform/messages/message.ts'

export const noteMessages = defineMessages({
  notFound: text('The note was not found.', '메모를 찾을 수 없습니다.'),
})
