import { createHmac } from 'node:crypto'
import { type JsonObject, readList, readObject, readText } from './read-field.ts'

/** A person as a message names them; every part may be missing. */
export interface Contact {
  /** Bird's contact id. */
  readonly id: string | null
  /** phonenumber, emailaddress, whatsappbsuid, whatsappusername, … */
  readonly identifierKey: string | null
  readonly identifierValue: string | null
  readonly name: string | null
}

/** The record key of a message, and what it is made of. */
export interface ContactKey {
  readonly contactKey: string
  readonly keyBasis: 'contact-id' | 'identifier-hmac' | 'message-id'
}

/** Whose message it is: the sender of an inbound one, the (first) receiver of an outbound one. */
export function readContact(payload: JsonObject, direction: 'inbound' | 'outbound'): Contact {
  const contact =
    direction === 'inbound'
      ? readObject(readObject(payload.sender).contact)
      : readObject(readList(readObject(payload.receiver).contacts)[0])
  return {
    id: readText(contact.id),
    identifierKey: readText(contact.identifierKey),
    identifierValue: readText(contact.identifierValue),
    name: readText(readObject(contact.annotations).name),
  }
}

/**
 * A key that is stable per contact and gives no phone number away: Bird's contact id; else an HMAC of the identifier,
 * so that one contact's messages stay in order; else the message's own id.
 *
 * @param input.secret HMAC key. A phone number is guessable, so who knows the secret can reverse the key.
 */
export function toContactKey(
  contact: Contact,
  input: { workspaceId: string; messageId: string; secret: string },
): ContactKey {
  if (contact.id !== null) return { contactKey: contact.id, keyBasis: 'contact-id' }
  if (contact.identifierValue === null) return { contactKey: input.messageId, keyBasis: 'message-id' }
  const identifier = `${input.workspaceId}\n${contact.identifierKey ?? ''}\n${contact.identifierValue}`
  return {
    contactKey: createHmac('sha256', input.secret).update(identifier).digest('hex'),
    keyBasis: 'identifier-hmac',
  }
}
