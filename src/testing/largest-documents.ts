export const repeat = (times: number, text: (n: number) => string) =>
  Array.from({ length: times }, (_, n) => text(n)).join(' ')

const fields = 'id email name creditBalance'

/**
 * Documents at the size limits: each has 400 to 500 fields, or the maximum number of another element. `npm run bench --
 * documents` measures how long they take to validate.
 */
export const largestDocuments: readonly (readonly [about: string, text: string])[] = [
  ['one repeated field', `{ ${repeat(100, () => `me { ${fields} }`)} }`],
  ['in inline fragments', `{ ${repeat(100, () => `... { me { ${fields} } }`)} }`],
  [
    'in fragments',
    `{ ${repeat(50, (n) => `...F${n}`)} } ${repeat(50, (n) => `fragment F${n} on Query { ${repeat(2, () => `me { ${fields} }`)} }`)}`,
  ],
  [
    'in fragments that spread each other',
    `{ ...F0 } ${repeat(24, (n) => `fragment F${n} on Query { ${repeat(4, () => 'me { id email name }')} ...F${n + 1} ...F${n + 1} }`)}
    fragment F24 on Query { me { id } }`,
  ],
  ['with arguments', `query ($n: Int) { me { ${repeat(100, () => 'activities(first: $n) { totalCount }')} } }`],
  ['unknown fields', `{ ${repeat(500, (n) => `x${n}`)} }`],
]
