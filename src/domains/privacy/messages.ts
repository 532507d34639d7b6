import { defineMessages, text } from '../../platform/messages/message.ts'

export const privacyMessages = defineMessages({
  confirmDeletion: text(
    'Enter DELETE, in capital letters, to delete your account.',
    '계정을 삭제하려면 대문자로 DELETE를 입력하세요.',
  ),
})
