import { defineMessages, text } from '../../platform/messages/message.ts'

const storeEn =
  '{store, select, apple {the App Store} google {Google Play} amazon {the Amazon Appstore} roku {Roku} stripe {Stripe} web {the web shop} paddle {Paddle} other {the store where it was bought}}'
const storeKo =
  '{store, select, apple {App Store} google {Google Play} amazon {Amazon Appstore} roku {Roku} stripe {Stripe} web {웹 스토어} paddle {Paddle} other {구매한 스토어}}'

export const billingMessages = defineMessages({
  productNotFound: text('The product was not found.', '상품을 찾을 수 없습니다.'),
  subscriptionNotFound: text('The subscription was not found.', '구독을 찾을 수 없습니다.'),
  managedElsewhere: text<{ store: string }>(
    `This subscription is managed by ${storeEn}. Cancel it there, then try again.`,
    `이 구독은 ${storeKo}에서 관리합니다. 그곳에서 취소한 후 다시 시도하세요.`,
  ),
  managedAt: text<{ store: string; url: string }>(
    `This subscription is managed by ${storeEn}. Cancel it there: {url}, then try again.`,
    `이 구독은 ${storeKo}에서 관리합니다. 그곳({url})에서 취소한 후 다시 시도하세요.`,
  ),
  webCheckoutUnavailable: text(
    'Purchases on the web are not available on this server. Buy the product in the app.',
    '이 서버에서는 웹에서 구매할 수 없습니다. 앱에서 상품을 구매하세요.',
  ),
  notSoldOnTheWeb: text<{ product: string }>(
    '{product} is not sold on the web. Buy it in the app.',
    '웹에서 판매하지 않는 상품입니다: {product}. 앱에서 구매하세요.',
  ),
  tooManyCheckouts: text<{ open: number }>(
    'You have {open, number} open checkouts, which is the maximum. Complete one of them, or try again in 24 hours.',
    '진행 중인 결제가 최대 개수인 {open, number}개입니다. 그중 하나를 완료하거나 24시간 후에 다시 시도하세요.',
  ),
})
