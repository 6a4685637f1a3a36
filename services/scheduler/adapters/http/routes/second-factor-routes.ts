import { defineRoute } from '../route-definition';
import {
  enrolledToken,
  enrolmentAtSignIn,
  enrolmentConfirmation,
  recoveryCodes,
  secondFactorConfirmation,
  secondFactorEnrolment,
  secondFactorInput,
  secondFactorRemoval,
  secondFactorStatus,
} from '../schemas/second-factor-schemas';

export const getSecondFactor = defineRoute({
  operationId: 'getSecondFactor',
  method: 'GET',
  path: '/v1/auth/second-factor',
  tag: 'Sign-in',
  summary: 'Whether you have a second factor',
  permission: 'account:manage',
  admission: 'read',
  status: 200,
  answer: secondFactorStatus,
});

export const enrolSecondFactor = defineRoute({
  operationId: 'enrolSecondFactor',
  method: 'POST',
  path: '/v1/auth/second-factor',
  tag: 'Sign-in',
  summary: 'Enrol a second factor',
  description: 'One-time codes of an authenticator app (RFC 6238). They are asked for once one of them was confirmed.',
  permission: 'account:manage',
  admission: 'sign-in',
  body: secondFactorInput,
  status: 200,
  answer: secondFactorEnrolment,
});

export const confirmSecondFactor = defineRoute({
  operationId: 'confirmSecondFactor',
  method: 'POST',
  path: '/v1/auth/second-factor/confirm',
  tag: 'Sign-in',
  summary: 'Confirm a second factor with its first code',
  description: 'Ends your other sessions, which were opened without it.',
  permission: 'account:manage',
  admission: 'sign-in',
  body: secondFactorConfirmation,
  status: 200,
  answer: recoveryCodes,
});

export const removeSecondFactor = defineRoute({
  operationId: 'removeSecondFactor',
  method: 'POST',
  path: '/v1/auth/second-factor/remove',
  tag: 'Sign-in',
  summary: 'Remove your second factor',
  description: 'Needs the password and a code, and ends your other sessions.',
  permission: 'account:manage',
  admission: 'sign-in',
  body: secondFactorRemoval,
  status: 204,
  answer: 'nothing',
});

export const resetSecondFactor = defineRoute({
  operationId: 'resetSecondFactor',
  method: 'DELETE',
  path: '/v1/admin/users/{user}/second-factor',
  tag: 'Sign-in',
  summary: "Remove a user's second factor",
  description: 'For a user, by id or name, who has lost the phone and the recovery codes. Ends all their sessions. Administrators only.',
  permission: 'second-factor:reset',
  admission: 'transition',
  status: 204,
  answer: 'nothing',
});

export const enrolAtSignIn = defineRoute({
  operationId: 'enrolAtSignIn',
  method: 'POST',
  path: '/v1/auth/second-factor/enrolment',
  tag: 'Sign-in',
  summary: 'Enrol a second factor to be able to sign in',
  description: 'For who was answered SECOND_FACTOR_ENROLMENT_REQUIRED. Proved by the password; counted and slowed down as a sign-in is.',
  permission: 'public',
  admission: 'sign-in',
  body: enrolmentAtSignIn,
  status: 200,
  answer: secondFactorEnrolment,
});

export const confirmEnrolment = defineRoute({
  operationId: 'confirmEnrolment',
  method: 'POST',
  path: '/v1/auth/second-factor/enrolment/confirm',
  tag: 'Sign-in',
  summary: 'Confirm that second factor with its first code, and sign in',
  description: 'Ends the other sessions of the user, which were opened without it.',
  permission: 'public',
  admission: 'sign-in',
  body: enrolmentConfirmation,
  status: 200,
  answer: enrolledToken,
});

export const secondFactorRoutes = [
  getSecondFactor,
  enrolSecondFactor,
  confirmSecondFactor,
  removeSecondFactor,
  resetSecondFactor,
  enrolAtSignIn,
  confirmEnrolment,
];
