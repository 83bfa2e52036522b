import { expect, it } from 'vitest'
import { parseConsumer } from './consumer-to-write.ts'

const taken = ['kafka', 'crm-sync']

it.each(['orders', 'orders-export', 'a2', 'export'])('takes %s for a name', (name) => {
  expect(parseConsumer({ name, record: 'message' }, taken)).toEqual({ name, record: 'message' })
})

it.each(['', 'Orders', '2fast', 'a--b', 'a-', 'a_b', 'a.b', '../x', `a${'b'.repeat(40)}`])(
  'refuses "%s": it would be no package, folder or group everywhere',
  (name) => {
    expect(() => parseConsumer({ name, record: 'message' }, taken)).toThrow('is no name')
  },
)

it('refuses a name that a package of any folder has', () => {
  expect(() => parseConsumer({ name: 'kafka', record: 'message' }, taken)).toThrow('there is a package')
})

it('says which records there are when it does not know one', () => {
  const parse = () => parseConsumer({ name: 'orders', record: 'constructor' }, taken)
  expect(parse).toThrow(/no record constructor; there are .*message-status/)
})
