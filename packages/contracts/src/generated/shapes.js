// Generated from schemas/openapi.yaml by packages/contracts/generate.ts. Edit the schema.
"use strict";
export const is_NewNotification_channel = validate20;
const schema31 = {"type":"string","enum":["sms","email","push"]};

function validate20(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate20.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(typeof data !== "string"){
validate20.errors = [{instancePath,schemaPath:"#/type",keyword:"type",params:{type: "string"}}];
return false;
}
if(!(((data === "sms") || (data === "email")) || (data === "push"))){
validate20.errors = [{instancePath,schemaPath:"#/enum",keyword:"enum",params:{allowedValues: schema31.enum}}];
return false;
}
validate20.errors = vErrors;
return errors === 0;
}
validate20.evaluated = {"dynamicProps":false,"dynamicItems":false};

export const is_NewNotification_recipient = validate21;
const schema32 = {"type":"string"};

function validate21(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate21.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(typeof data !== "string"){
validate21.errors = [{instancePath,schemaPath:"#/type",keyword:"type",params:{type: "string"}}];
return false;
}
validate21.errors = vErrors;
return errors === 0;
}
validate21.evaluated = {"dynamicProps":false,"dynamicItems":false};

export const is_NewNotification_content = validate22;
const schema33 = {"type":["string","null"]};

function validate22(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate22.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if((typeof data !== "string") && (data !== null)){
validate22.errors = [{instancePath,schemaPath:"#/type",keyword:"type",params:{type: schema33.type}}];
return false;
}
validate22.errors = vErrors;
return errors === 0;
}
validate22.evaluated = {"dynamicProps":false,"dynamicItems":false};

export const is_NewNotification_priority = validate23;
const schema34 = {"anyOf":[{"type":"string","enum":["high","normal","low"]},{"type":"null"}]};

function validate23(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate23.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
const _errs0 = errors;
let valid0 = false;
const _errs1 = errors;
if(typeof data !== "string"){
const err0 = {instancePath,schemaPath:"#/anyOf/0/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if(!(((data === "high") || (data === "normal")) || (data === "low"))){
const err1 = {instancePath,schemaPath:"#/anyOf/0/enum",keyword:"enum",params:{allowedValues: schema34.anyOf[0].enum}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
var _valid0 = _errs1 === errors;
valid0 = valid0 || _valid0;
const _errs3 = errors;
if(data !== null){
const err2 = {instancePath,schemaPath:"#/anyOf/1/type",keyword:"type",params:{type: "null"}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
var _valid0 = _errs3 === errors;
valid0 = valid0 || _valid0;
if(!valid0){
const err3 = {instancePath,schemaPath:"#/anyOf",keyword:"anyOf",params:{}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
validate23.errors = vErrors;
return false;
}
else {
errors = _errs0;
if(vErrors !== null){
if(_errs0){
vErrors.length = _errs0;
}
else {
vErrors = null;
}
}
}
validate23.errors = vErrors;
return errors === 0;
}
validate23.evaluated = {"dynamicProps":false,"dynamicItems":false};

export const is_NewNotification_template_id = validate24;
const schema35 = {"type":["string","null"],"format":"uuid"};
const formats0 = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

function validate24(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate24.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if((typeof data !== "string") && (data !== null)){
validate24.errors = [{instancePath,schemaPath:"#/type",keyword:"type",params:{type: schema35.type}}];
return false;
}
if(errors === 0){
if(errors === 0){
if(typeof data === "string"){
if(!(formats0.test(data))){
validate24.errors = [{instancePath,schemaPath:"#/format",keyword:"format",params:{format: "uuid"}}];
return false;
}
}
}
}
validate24.errors = vErrors;
return errors === 0;
}
validate24.evaluated = {"dynamicProps":false,"dynamicItems":false};

export const is_NewNotification_template_variables = validate25;
const schema36 = {"type":["object","null"],"additionalProperties":true};

function validate25(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate25.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if((!(data && typeof data == "object" && !Array.isArray(data))) && (data !== null)){
validate25.errors = [{instancePath,schemaPath:"#/type",keyword:"type",params:{type: schema36.type}}];
return false;
}
validate25.errors = vErrors;
return errors === 0;
}
validate25.evaluated = {"props":true,"dynamicProps":false,"dynamicItems":false};

export const is_NewNotification_scheduled_at = validate26;
const schema37 = {"type":["string","null"],"format":"date-time"};
const formats2 = /^(\d{4}-\d\d-\d\d)T(?:[01]\d|2[0-3])(?::[0-5]\d){2}(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/i;

function validate26(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate26.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if((typeof data !== "string") && (data !== null)){
validate26.errors = [{instancePath,schemaPath:"#/type",keyword:"type",params:{type: schema37.type}}];
return false;
}
if(errors === 0){
if(errors === 0){
if(typeof data === "string"){
if(!(formats2.test(data))){
validate26.errors = [{instancePath,schemaPath:"#/format",keyword:"format",params:{format: "date-time"}}];
return false;
}
}
}
}
validate26.errors = vErrors;
return errors === 0;
}
validate26.evaluated = {"dynamicProps":false,"dynamicItems":false};

export const is_NewNotification_max_attempts = validate27;
const schema38 = {"type":["integer","null"],"minimum":1,"maximum":10};

function validate27(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate27.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if((!(((typeof data == "number") && (!(data % 1) && !isNaN(data))) && (isFinite(data)))) && (data !== null)){
validate27.errors = [{instancePath,schemaPath:"#/type",keyword:"type",params:{type: schema38.type}}];
return false;
}
if(errors === 0){
if((typeof data == "number") && (isFinite(data))){
if(data > 10 || isNaN(data)){
validate27.errors = [{instancePath,schemaPath:"#/maximum",keyword:"maximum",params:{comparison: "<=", limit: 10}}];
return false;
}
else {
if(data < 1 || isNaN(data)){
validate27.errors = [{instancePath,schemaPath:"#/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1}}];
return false;
}
}
}
}
validate27.errors = vErrors;
return errors === 0;
}
validate27.evaluated = {"dynamicProps":false,"dynamicItems":false};

export const is_NewNotification_delivery_mode = validate28;
const schema39 = {"anyOf":[{"type":"string","enum":["at_least_once","at_most_once"]},{"type":"null"}]};

function validate28(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate28.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
const _errs0 = errors;
let valid0 = false;
const _errs1 = errors;
if(typeof data !== "string"){
const err0 = {instancePath,schemaPath:"#/anyOf/0/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if(!((data === "at_least_once") || (data === "at_most_once"))){
const err1 = {instancePath,schemaPath:"#/anyOf/0/enum",keyword:"enum",params:{allowedValues: schema39.anyOf[0].enum}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
var _valid0 = _errs1 === errors;
valid0 = valid0 || _valid0;
const _errs3 = errors;
if(data !== null){
const err2 = {instancePath,schemaPath:"#/anyOf/1/type",keyword:"type",params:{type: "null"}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
var _valid0 = _errs3 === errors;
valid0 = valid0 || _valid0;
if(!valid0){
const err3 = {instancePath,schemaPath:"#/anyOf",keyword:"anyOf",params:{}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
validate28.errors = vErrors;
return false;
}
else {
errors = _errs0;
if(vErrors !== null){
if(_errs0){
vErrors.length = _errs0;
}
else {
vErrors = null;
}
}
}
validate28.errors = vErrors;
return errors === 0;
}
validate28.evaluated = {"dynamicProps":false,"dynamicItems":false};

export const is_NewBatch_notifications = validate29;
const schema40 = {"type":"array","minItems":1,"maxItems":1000};

function validate29(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate29.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(errors === 0){
if(Array.isArray(data)){
if(data.length > 1000){
validate29.errors = [{instancePath,schemaPath:"#/maxItems",keyword:"maxItems",params:{limit: 1000}}];
return false;
}
else {
if(data.length < 1){
validate29.errors = [{instancePath,schemaPath:"#/minItems",keyword:"minItems",params:{limit: 1}}];
return false;
}
}
}
else {
validate29.errors = [{instancePath,schemaPath:"#/type",keyword:"type",params:{type: "array"}}];
return false;
}
}
validate29.errors = vErrors;
return errors === 0;
}
validate29.evaluated = {"dynamicProps":false,"dynamicItems":false};

export const is_Reschedule_scheduled_at = validate30;
const schema41 = {"type":"string","format":"date-time"};

function validate30(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate30.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(errors === 0){
if(errors === 0){
if(typeof data === "string"){
if(!(formats2.test(data))){
validate30.errors = [{instancePath,schemaPath:"#/format",keyword:"format",params:{format: "date-time"}}];
return false;
}
}
else {
validate30.errors = [{instancePath,schemaPath:"#/type",keyword:"type",params:{type: "string"}}];
return false;
}
}
}
validate30.errors = vErrors;
return errors === 0;
}
validate30.evaluated = {"dynamicProps":false,"dynamicItems":false};

export const is_NewTemplate_name = validate31;
const schema42 = {"type":"string","minLength":1,"maxLength":255};
import func1Module from "ajv/dist/runtime/ucs2length.js";
const func1 = func1Module.default;

function validate31(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate31.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(errors === 0){
if(typeof data === "string"){
if(func1(data) > 255){
validate31.errors = [{instancePath,schemaPath:"#/maxLength",keyword:"maxLength",params:{limit: 255}}];
return false;
}
else {
if(func1(data) < 1){
validate31.errors = [{instancePath,schemaPath:"#/minLength",keyword:"minLength",params:{limit: 1}}];
return false;
}
}
}
else {
validate31.errors = [{instancePath,schemaPath:"#/type",keyword:"type",params:{type: "string"}}];
return false;
}
}
validate31.errors = vErrors;
return errors === 0;
}
validate31.evaluated = {"dynamicProps":false,"dynamicItems":false};

export const is_NewTemplate_body = validate32;
const schema43 = {"type":"string","maxLength":100000};

function validate32(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate32.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(errors === 0){
if(typeof data === "string"){
if(func1(data) > 100000){
validate32.errors = [{instancePath,schemaPath:"#/maxLength",keyword:"maxLength",params:{limit: 100000}}];
return false;
}
}
else {
validate32.errors = [{instancePath,schemaPath:"#/type",keyword:"type",params:{type: "string"}}];
return false;
}
}
validate32.errors = vErrors;
return errors === 0;
}
validate32.evaluated = {"dynamicProps":false,"dynamicItems":false};

export const is_NewTemplate_subject = validate33;
const schema44 = {"type":["string","null"],"maxLength":2000};

function validate33(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate33.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if((typeof data !== "string") && (data !== null)){
validate33.errors = [{instancePath,schemaPath:"#/type",keyword:"type",params:{type: schema44.type}}];
return false;
}
if(errors === 0){
if(typeof data === "string"){
if(func1(data) > 2000){
validate33.errors = [{instancePath,schemaPath:"#/maxLength",keyword:"maxLength",params:{limit: 2000}}];
return false;
}
}
}
validate33.errors = vErrors;
return errors === 0;
}
validate33.evaluated = {"dynamicProps":false,"dynamicItems":false};

export const is_NewTemplate_html = validate34;
const schema45 = {"type":["string","null"],"maxLength":100000};

function validate34(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate34.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if((typeof data !== "string") && (data !== null)){
validate34.errors = [{instancePath,schemaPath:"#/type",keyword:"type",params:{type: schema45.type}}];
return false;
}
if(errors === 0){
if(typeof data === "string"){
if(func1(data) > 100000){
validate34.errors = [{instancePath,schemaPath:"#/maxLength",keyword:"maxLength",params:{limit: 100000}}];
return false;
}
}
}
validate34.errors = vErrors;
return errors === 0;
}
validate34.evaluated = {"dynamicProps":false,"dynamicItems":false};

export const is_NewTemplate_variables = validate35;
const schema46 = {"type":["array","null"],"maxItems":1000,"items":{"type":"string","maxLength":255,"pattern":"^[A-Za-z_][A-Za-z0-9_]*$"}};
const pattern4 = new RegExp("^[A-Za-z_][A-Za-z0-9_]*$", "u");

function validate35(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate35.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if((!(Array.isArray(data))) && (data !== null)){
validate35.errors = [{instancePath,schemaPath:"#/type",keyword:"type",params:{type: schema46.type}}];
return false;
}
if(errors === 0){
if(Array.isArray(data)){
if(data.length > 1000){
validate35.errors = [{instancePath,schemaPath:"#/maxItems",keyword:"maxItems",params:{limit: 1000}}];
return false;
}
else {
var valid0 = true;
const len0 = data.length;
for(let i0=0; i0<len0; i0++){
let data0 = data[i0];
const _errs1 = errors;
if(errors === _errs1){
if(typeof data0 === "string"){
if(func1(data0) > 255){
validate35.errors = [{instancePath:instancePath+"/" + i0,schemaPath:"#/items/maxLength",keyword:"maxLength",params:{limit: 255}}];
return false;
}
else {
if(!pattern4.test(data0)){
validate35.errors = [{instancePath:instancePath+"/" + i0,schemaPath:"#/items/pattern",keyword:"pattern",params:{pattern: "^[A-Za-z_][A-Za-z0-9_]*$"}}];
return false;
}
}
}
else {
validate35.errors = [{instancePath:instancePath+"/" + i0,schemaPath:"#/items/type",keyword:"type",params:{type: "string"}}];
return false;
}
}
var valid0 = _errs1 === errors;
if(!valid0){
break;
}
}
}
}
}
validate35.errors = vErrors;
return errors === 0;
}
validate35.evaluated = {"items":true,"dynamicProps":false,"dynamicItems":false};

export const is_TemplateChange_name = validate36;
const schema47 = {"type":["string","null"],"minLength":1,"maxLength":255};

function validate36(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate36.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if((typeof data !== "string") && (data !== null)){
validate36.errors = [{instancePath,schemaPath:"#/type",keyword:"type",params:{type: schema47.type}}];
return false;
}
if(errors === 0){
if(typeof data === "string"){
if(func1(data) > 255){
validate36.errors = [{instancePath,schemaPath:"#/maxLength",keyword:"maxLength",params:{limit: 255}}];
return false;
}
else {
if(func1(data) < 1){
validate36.errors = [{instancePath,schemaPath:"#/minLength",keyword:"minLength",params:{limit: 1}}];
return false;
}
}
}
}
validate36.errors = vErrors;
return errors === 0;
}
validate36.evaluated = {"dynamicProps":false,"dynamicItems":false};

export const is_TemplateChange_channel = validate37;
const schema48 = {"anyOf":[{"type":"string","enum":["sms","email","push"]},{"type":"null"}]};

function validate37(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate37.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
const _errs0 = errors;
let valid0 = false;
const _errs1 = errors;
if(typeof data !== "string"){
const err0 = {instancePath,schemaPath:"#/anyOf/0/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if(!(((data === "sms") || (data === "email")) || (data === "push"))){
const err1 = {instancePath,schemaPath:"#/anyOf/0/enum",keyword:"enum",params:{allowedValues: schema48.anyOf[0].enum}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
var _valid0 = _errs1 === errors;
valid0 = valid0 || _valid0;
const _errs3 = errors;
if(data !== null){
const err2 = {instancePath,schemaPath:"#/anyOf/1/type",keyword:"type",params:{type: "null"}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
var _valid0 = _errs3 === errors;
valid0 = valid0 || _valid0;
if(!valid0){
const err3 = {instancePath,schemaPath:"#/anyOf",keyword:"anyOf",params:{}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
validate37.errors = vErrors;
return false;
}
else {
errors = _errs0;
if(vErrors !== null){
if(_errs0){
vErrors.length = _errs0;
}
else {
vErrors = null;
}
}
}
validate37.errors = vErrors;
return errors === 0;
}
validate37.evaluated = {"dynamicProps":false,"dynamicItems":false};

export const is_Redrive_reason = validate38;
const schema49 = {"anyOf":[{"type":"string","enum":["rejected","attempts_exhausted","unknown_outcome","worker_crash_loop","publish_refused","id_conflict","row_missing","too_old","too_large","undecodable","invalid","unknown"]},{"type":"null"}]};

function validate38(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate38.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
const _errs0 = errors;
let valid0 = false;
const _errs1 = errors;
if(typeof data !== "string"){
const err0 = {instancePath,schemaPath:"#/anyOf/0/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if(!((((((((((((data === "rejected") || (data === "attempts_exhausted")) || (data === "unknown_outcome")) || (data === "worker_crash_loop")) || (data === "publish_refused")) || (data === "id_conflict")) || (data === "row_missing")) || (data === "too_old")) || (data === "too_large")) || (data === "undecodable")) || (data === "invalid")) || (data === "unknown"))){
const err1 = {instancePath,schemaPath:"#/anyOf/0/enum",keyword:"enum",params:{allowedValues: schema49.anyOf[0].enum}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
var _valid0 = _errs1 === errors;
valid0 = valid0 || _valid0;
const _errs3 = errors;
if(data !== null){
const err2 = {instancePath,schemaPath:"#/anyOf/1/type",keyword:"type",params:{type: "null"}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
var _valid0 = _errs3 === errors;
valid0 = valid0 || _valid0;
if(!valid0){
const err3 = {instancePath,schemaPath:"#/anyOf",keyword:"anyOf",params:{}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
validate38.errors = vErrors;
return false;
}
else {
errors = _errs0;
if(vErrors !== null){
if(_errs0){
vErrors.length = _errs0;
}
else {
vErrors = null;
}
}
}
validate38.errors = vErrors;
return errors === 0;
}
validate38.evaluated = {"dynamicProps":false,"dynamicItems":false};

export const is_Redrive_dry_run = validate39;
const schema50 = {"type":["boolean","null"]};

function validate39(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate39.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if((typeof data !== "boolean") && (data !== null)){
validate39.errors = [{instancePath,schemaPath:"#/type",keyword:"type",params:{type: schema50.type}}];
return false;
}
validate39.errors = vErrors;
return errors === 0;
}
validate39.evaluated = {"dynamicProps":false,"dynamicItems":false};

export const is_Redrive_rate = validate40;
const schema51 = {"type":["integer","null"],"minimum":1,"maximum":10000};

function validate40(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate40.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if((!(((typeof data == "number") && (!(data % 1) && !isNaN(data))) && (isFinite(data)))) && (data !== null)){
validate40.errors = [{instancePath,schemaPath:"#/type",keyword:"type",params:{type: schema51.type}}];
return false;
}
if(errors === 0){
if((typeof data == "number") && (isFinite(data))){
if(data > 10000 || isNaN(data)){
validate40.errors = [{instancePath,schemaPath:"#/maximum",keyword:"maximum",params:{comparison: "<=", limit: 10000}}];
return false;
}
else {
if(data < 1 || isNaN(data)){
validate40.errors = [{instancePath,schemaPath:"#/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1}}];
return false;
}
}
}
}
validate40.errors = vErrors;
return errors === 0;
}
validate40.evaluated = {"dynamicProps":false,"dynamicItems":false};

export const is_Purge_state = validate41;
const schema52 = {"anyOf":[{"type":"string","enum":["open","redriven","skipped"]},{"type":"null"}]};

function validate41(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate41.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
const _errs0 = errors;
let valid0 = false;
const _errs1 = errors;
if(typeof data !== "string"){
const err0 = {instancePath,schemaPath:"#/anyOf/0/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if(!(((data === "open") || (data === "redriven")) || (data === "skipped"))){
const err1 = {instancePath,schemaPath:"#/anyOf/0/enum",keyword:"enum",params:{allowedValues: schema52.anyOf[0].enum}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
var _valid0 = _errs1 === errors;
valid0 = valid0 || _valid0;
const _errs3 = errors;
if(data !== null){
const err2 = {instancePath,schemaPath:"#/anyOf/1/type",keyword:"type",params:{type: "null"}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
var _valid0 = _errs3 === errors;
valid0 = valid0 || _valid0;
if(!valid0){
const err3 = {instancePath,schemaPath:"#/anyOf",keyword:"anyOf",params:{}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
validate41.errors = vErrors;
return false;
}
else {
errors = _errs0;
if(vErrors !== null){
if(_errs0){
vErrors.length = _errs0;
}
else {
vErrors = null;
}
}
}
validate41.errors = vErrors;
return errors === 0;
}
validate41.evaluated = {"dynamicProps":false,"dynamicItems":false};

export const is_Pause_reason = validate42;
const schema53 = {"type":["string","null"],"minLength":1,"maxLength":200};

function validate42(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate42.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if((typeof data !== "string") && (data !== null)){
validate42.errors = [{instancePath,schemaPath:"#/type",keyword:"type",params:{type: schema53.type}}];
return false;
}
if(errors === 0){
if(typeof data === "string"){
if(func1(data) > 200){
validate42.errors = [{instancePath,schemaPath:"#/maxLength",keyword:"maxLength",params:{limit: 200}}];
return false;
}
else {
if(func1(data) < 1){
validate42.errors = [{instancePath,schemaPath:"#/minLength",keyword:"minLength",params:{limit: 1}}];
return false;
}
}
}
}
validate42.errors = vErrors;
return errors === 0;
}
validate42.evaluated = {"dynamicProps":false,"dynamicItems":false};

export const is_PathParameters_id = validate43;
const schema54 = {"type":"string","format":"uuid"};

function validate43(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate43.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(errors === 0){
if(errors === 0){
if(typeof data === "string"){
if(!(formats0.test(data))){
validate43.errors = [{instancePath,schemaPath:"#/format",keyword:"format",params:{format: "uuid"}}];
return false;
}
}
else {
validate43.errors = [{instancePath,schemaPath:"#/type",keyword:"type",params:{type: "string"}}];
return false;
}
}
}
validate43.errors = vErrors;
return errors === 0;
}
validate43.evaluated = {"dynamicProps":false,"dynamicItems":false};

export const is_PathParameters_provider = validate44;
const schema55 = {"type":"string","pattern":"^[\\x21-\\x7e]{1,100}$"};
const pattern5 = new RegExp("^[\\x21-\\x7e]{1,100}$", "u");

function validate44(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate44.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(errors === 0){
if(typeof data === "string"){
if(!pattern5.test(data)){
validate44.errors = [{instancePath,schemaPath:"#/pattern",keyword:"pattern",params:{pattern: "^[\\x21-\\x7e]{1,100}$"}}];
return false;
}
}
else {
validate44.errors = [{instancePath,schemaPath:"#/type",keyword:"type",params:{type: "string"}}];
return false;
}
}
validate44.errors = vErrors;
return errors === 0;
}
validate44.evaluated = {"dynamicProps":false,"dynamicItems":false};

export const is_ListNotificationsQuery_status = validate45;
const schema56 = {"type":"string","enum":["pending","queued","processing","retrying","delivered","failed","cancelled","expired"]};

function validate45(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate45.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(typeof data !== "string"){
validate45.errors = [{instancePath,schemaPath:"#/type",keyword:"type",params:{type: "string"}}];
return false;
}
if(!((((((((data === "pending") || (data === "queued")) || (data === "processing")) || (data === "retrying")) || (data === "delivered")) || (data === "failed")) || (data === "cancelled")) || (data === "expired"))){
validate45.errors = [{instancePath,schemaPath:"#/enum",keyword:"enum",params:{allowedValues: schema56.enum}}];
return false;
}
validate45.errors = vErrors;
return errors === 0;
}
validate45.evaluated = {"dynamicProps":false,"dynamicItems":false};

export const is_ListNotificationsQuery_priority = validate46;
const schema57 = {"type":"string","enum":["high","normal","low"]};

function validate46(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate46.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(typeof data !== "string"){
validate46.errors = [{instancePath,schemaPath:"#/type",keyword:"type",params:{type: "string"}}];
return false;
}
if(!(((data === "high") || (data === "normal")) || (data === "low"))){
validate46.errors = [{instancePath,schemaPath:"#/enum",keyword:"enum",params:{allowedValues: schema57.enum}}];
return false;
}
validate46.errors = vErrors;
return errors === 0;
}
validate46.evaluated = {"dynamicProps":false,"dynamicItems":false};

export const is_ListNotificationsQuery_correlation_id = validate47;
const schema58 = {"type":"string","pattern":"^[^\\u0000]{1,255}$"};
const pattern6 = new RegExp("^[^\\u0000]{1,255}$", "u");

function validate47(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate47.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(errors === 0){
if(typeof data === "string"){
if(!pattern6.test(data)){
validate47.errors = [{instancePath,schemaPath:"#/pattern",keyword:"pattern",params:{pattern: "^[^\\u0000]{1,255}$"}}];
return false;
}
}
else {
validate47.errors = [{instancePath,schemaPath:"#/type",keyword:"type",params:{type: "string"}}];
return false;
}
}
validate47.errors = vErrors;
return errors === 0;
}
validate47.evaluated = {"dynamicProps":false,"dynamicItems":false};

export const is_ListNotificationsQuery_limit = validate48;
const schema59 = {"type":"integer","minimum":1,"maximum":200};

function validate48(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate48.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(!(((typeof data == "number") && (!(data % 1) && !isNaN(data))) && (isFinite(data)))){
validate48.errors = [{instancePath,schemaPath:"#/type",keyword:"type",params:{type: "integer"}}];
return false;
}
if(errors === 0){
if((typeof data == "number") && (isFinite(data))){
if(data > 200 || isNaN(data)){
validate48.errors = [{instancePath,schemaPath:"#/maximum",keyword:"maximum",params:{comparison: "<=", limit: 200}}];
return false;
}
else {
if(data < 1 || isNaN(data)){
validate48.errors = [{instancePath,schemaPath:"#/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1}}];
return false;
}
}
}
}
validate48.errors = vErrors;
return errors === 0;
}
validate48.evaluated = {"dynamicProps":false,"dynamicItems":false};

export const is_ListNotificationsQuery_cursor = validate49;
const schema60 = {"type":"string","minLength":1};

function validate49(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate49.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(errors === 0){
if(typeof data === "string"){
if(func1(data) < 1){
validate49.errors = [{instancePath,schemaPath:"#/minLength",keyword:"minLength",params:{limit: 1}}];
return false;
}
}
else {
validate49.errors = [{instancePath,schemaPath:"#/type",keyword:"type",params:{type: "string"}}];
return false;
}
}
validate49.errors = vErrors;
return errors === 0;
}
validate49.evaluated = {"dynamicProps":false,"dynamicItems":false};

export const is_ListDeadLettersQuery_reason = validate50;
const schema61 = {"type":"string","enum":["rejected","attempts_exhausted","unknown_outcome","worker_crash_loop","publish_refused","id_conflict","row_missing","too_old","too_large","undecodable","invalid","unknown"]};

function validate50(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate50.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(typeof data !== "string"){
validate50.errors = [{instancePath,schemaPath:"#/type",keyword:"type",params:{type: "string"}}];
return false;
}
if(!((((((((((((data === "rejected") || (data === "attempts_exhausted")) || (data === "unknown_outcome")) || (data === "worker_crash_loop")) || (data === "publish_refused")) || (data === "id_conflict")) || (data === "row_missing")) || (data === "too_old")) || (data === "too_large")) || (data === "undecodable")) || (data === "invalid")) || (data === "unknown"))){
validate50.errors = [{instancePath,schemaPath:"#/enum",keyword:"enum",params:{allowedValues: schema61.enum}}];
return false;
}
validate50.errors = vErrors;
return errors === 0;
}
validate50.evaluated = {"dynamicProps":false,"dynamicItems":false};

export const is_ListDeadLettersQuery_state = validate51;
const schema62 = {"type":"string","enum":["open","redriven","skipped"]};

function validate51(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate51.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(typeof data !== "string"){
validate51.errors = [{instancePath,schemaPath:"#/type",keyword:"type",params:{type: "string"}}];
return false;
}
if(!(((data === "open") || (data === "redriven")) || (data === "skipped"))){
validate51.errors = [{instancePath,schemaPath:"#/enum",keyword:"enum",params:{allowedValues: schema62.enum}}];
return false;
}
validate51.errors = vErrors;
return errors === 0;
}
validate51.evaluated = {"dynamicProps":false,"dynamicItems":false};

export const shapes = {
  NewNotification: {
    required: ["channel","recipient"],
    fields: {
      __proto__: null,
      "channel": { is: is_NewNotification_channel, "must":"must be one of sms, email, push","type":"invalid-channel"},
      "recipient": { is: is_NewNotification_recipient, "must":"must be a string","type":"invalid-recipient"},
      "content": { is: is_NewNotification_content, "must":"must be a string","type":"invalid-content"},
      "subject": { is: is_NewNotification_content, "must":"must be a string","type":"invalid-content"},
      "html": { is: is_NewNotification_content, "must":"must be a string","type":"invalid-content"},
      "priority": { is: is_NewNotification_priority, "must":"must be one of high, normal, low","type":"invalid-request"},
      "template_id": { is: is_NewNotification_template_id, "must":"must be a UUID","type":"invalid-request"},
      "template_variables": { is: is_NewNotification_template_variables, "must":"must be an object","type":"invalid-request"},
      "metadata": { is: is_NewNotification_template_variables, "must":"must be an object","type":"invalid-request"},
      "scheduled_at": { is: is_NewNotification_scheduled_at, "must":"must be an RFC 3339 time such as 2030-01-31T09:00:00Z","type":"invalid-request"},
      "expires_at": { is: is_NewNotification_scheduled_at, "must":"must be an RFC 3339 time such as 2030-01-31T09:00:00Z","type":"invalid-request"},
      "max_attempts": { is: is_NewNotification_max_attempts, "must":"must be a whole number from 1 to 10","type":"invalid-request"},
      "delivery_mode": { is: is_NewNotification_delivery_mode, "must":"must be one of at_least_once, at_most_once","type":"invalid-request"},
    },
  },
  NewBatch: {
    required: ["notifications"],
    fields: {
      __proto__: null,
      "notifications": { is: is_NewBatch_notifications, "must":"must be an array of 1 to 1000","type":"invalid-request"},
      "metadata": { is: is_NewNotification_template_variables, "must":"must be an object","type":"invalid-request"},
    },
  },
  Reschedule: {
    required: ["scheduled_at"],
    fields: {
      __proto__: null,
      "scheduled_at": { is: is_Reschedule_scheduled_at, "must":"must be an RFC 3339 time such as 2030-01-31T09:00:00Z","type":"invalid-request"},
    },
  },
  NewTemplate: {
    required: ["name","channel","body"],
    fields: {
      __proto__: null,
      "name": { is: is_NewTemplate_name, "must":"must be one line of 1 to 255 printable characters, and not blank","type":"invalid-request"},
      "channel": { is: is_NewNotification_channel, "must":"must be one of sms, email, push","type":"invalid-channel"},
      "body": { is: is_NewTemplate_body, "must":"must be a string of at most 100000 characters","type":"invalid-template"},
      "subject": { is: is_NewTemplate_subject, "must":"must be a string of at most 2000 characters","type":"invalid-template"},
      "html": { is: is_NewTemplate_html, "must":"must be a string of at most 100000 characters","type":"invalid-template"},
      "variables": { is: is_NewTemplate_variables, "must":"must be an array of at most 1000 names of A-Z, a-z, 0-9 and _","type":"invalid-request"},
    },
  },
  TemplateChange: {
    required: ["body"],
    fields: {
      __proto__: null,
      "name": { is: is_TemplateChange_name, "must":"must be one line of 1 to 255 printable characters, and not blank","type":"invalid-request"},
      "channel": { is: is_TemplateChange_channel, "must":"must be one of sms, email, push","type":"invalid-channel"},
      "body": { is: is_NewTemplate_body, "must":"must be a string of at most 100000 characters","type":"invalid-template"},
      "subject": { is: is_NewTemplate_subject, "must":"must be a string of at most 2000 characters","type":"invalid-template"},
      "html": { is: is_NewTemplate_html, "must":"must be a string of at most 100000 characters","type":"invalid-template"},
      "variables": { is: is_NewTemplate_variables, "must":"must be an array of at most 1000 names of A-Z, a-z, 0-9 and _","type":"invalid-request"},
    },
  },
  Redrive: {
    required: [],
    fields: {
      __proto__: null,
      "channel": { is: is_TemplateChange_channel, "must":"must be one of sms, email, push","type":"invalid-channel"},
      "reason": { is: is_Redrive_reason, "must":"must be one of rejected, attempts_exhausted, unknown_outcome, worker_crash_loop, publish_refused, id_conflict, row_missing, too_old, too_large, undecodable, invalid, unknown","type":"invalid-request"},
      "after": { is: is_NewNotification_scheduled_at, "must":"must be an RFC 3339 time such as 2030-01-31T09:00:00Z","type":"invalid-request"},
      "before": { is: is_NewNotification_scheduled_at, "must":"must be an RFC 3339 time such as 2030-01-31T09:00:00Z","type":"invalid-request"},
      "dry_run": { is: is_Redrive_dry_run, "must":"must be true or false","type":"invalid-request"},
      "rate": { is: is_Redrive_rate, "must":"must be a whole number from 1 to 10000","type":"invalid-request"},
    },
  },
  Purge: {
    required: [],
    fields: {
      __proto__: null,
      "channel": { is: is_TemplateChange_channel, "must":"must be one of sms, email, push","type":"invalid-channel"},
      "reason": { is: is_Redrive_reason, "must":"must be one of rejected, attempts_exhausted, unknown_outcome, worker_crash_loop, publish_refused, id_conflict, row_missing, too_old, too_large, undecodable, invalid, unknown","type":"invalid-request"},
      "after": { is: is_NewNotification_scheduled_at, "must":"must be an RFC 3339 time such as 2030-01-31T09:00:00Z","type":"invalid-request"},
      "before": { is: is_NewNotification_scheduled_at, "must":"must be an RFC 3339 time such as 2030-01-31T09:00:00Z","type":"invalid-request"},
      "state": { is: is_Purge_state, "must":"must be one of open, redriven, skipped","type":"invalid-request"},
      "dry_run": { is: is_Redrive_dry_run, "must":"must be true or false","type":"invalid-request"},
    },
  },
  Pause: {
    required: [],
    fields: {
      __proto__: null,
      "reason": { is: is_Pause_reason, "must":"must be one line of 1 to 200 printable characters, and not blank","type":"invalid-request"},
    },
  },
  Resume: {
    required: [],
    fields: {
      __proto__: null,
    },
  },
  PathParameters: {
    required: [],
    fields: {
      __proto__: null,
      "id": { is: is_PathParameters_id, "must":"must be a UUID","type":"invalid-request"},
      "channel": { is: is_NewNotification_channel, "must":"must be one of sms, email, push","type":"invalid-channel"},
      "provider": { is: is_PathParameters_provider, "must":"must be of printable characters","type":"invalid-request"},
    },
  },
  ListNotificationsQuery: {
    required: [],
    fields: {
      __proto__: null,
      "status": { is: is_ListNotificationsQuery_status, "must":"must be one of pending, queued, processing, retrying, delivered, failed, cancelled, expired","type":"invalid-request"},
      "channel": { is: is_NewNotification_channel, "must":"must be one of sms, email, push","type":"invalid-channel"},
      "priority": { is: is_ListNotificationsQuery_priority, "must":"must be one of high, normal, low","type":"invalid-request"},
      "batch_id": { is: is_PathParameters_id, "must":"must be a UUID","type":"invalid-request"},
      "template_id": { is: is_PathParameters_id, "must":"must be a UUID","type":"invalid-request"},
      "correlation_id": { is: is_ListNotificationsQuery_correlation_id, "must":"must be of 1 to 255 characters","type":"invalid-request"},
      "created_after": { is: is_Reschedule_scheduled_at, "must":"must be an RFC 3339 time such as 2030-01-31T09:00:00Z","type":"invalid-request"},
      "created_before": { is: is_Reschedule_scheduled_at, "must":"must be an RFC 3339 time such as 2030-01-31T09:00:00Z","type":"invalid-request"},
      "limit": { is: is_ListNotificationsQuery_limit, "must":"must be a whole number from 1 to 200","type":"invalid-request","isNumber":true,"default":50},
      "cursor": { is: is_ListNotificationsQuery_cursor, "must":"must not be empty","type":"invalid-request"},
    },
  },
  ListTemplatesQuery: {
    required: [],
    fields: {
      __proto__: null,
      "channel": { is: is_NewNotification_channel, "must":"must be one of sms, email, push","type":"invalid-channel"},
      "limit": { is: is_ListNotificationsQuery_limit, "must":"must be a whole number from 1 to 200","type":"invalid-request","isNumber":true,"default":50},
      "cursor": { is: is_ListNotificationsQuery_cursor, "must":"must be the next_cursor of a page before","type":"invalid-request"},
    },
  },
  ListDeadLettersQuery: {
    required: [],
    fields: {
      __proto__: null,
      "channel": { is: is_NewNotification_channel, "must":"must be one of sms, email, push","type":"invalid-channel"},
      "reason": { is: is_ListDeadLettersQuery_reason, "must":"must be one of rejected, attempts_exhausted, unknown_outcome, worker_crash_loop, publish_refused, id_conflict, row_missing, too_old, too_large, undecodable, invalid, unknown","type":"invalid-request"},
      "after": { is: is_Reschedule_scheduled_at, "must":"must be an RFC 3339 time such as 2030-01-31T09:00:00Z","type":"invalid-request"},
      "before": { is: is_Reschedule_scheduled_at, "must":"must be an RFC 3339 time such as 2030-01-31T09:00:00Z","type":"invalid-request"},
      "state": { is: is_ListDeadLettersQuery_state, "must":"must be one of open, redriven, skipped","type":"invalid-request"},
      "limit": { is: is_ListNotificationsQuery_limit, "must":"must be a whole number from 1 to 200","type":"invalid-request","isNumber":true,"default":50},
      "cursor": { is: is_ListNotificationsQuery_cursor, "must":"must be the next_cursor of a page before","type":"invalid-request"},
    },
  },
  ListLanesQuery: {
    required: [],
    fields: {
      __proto__: null,
      "channel": { is: is_NewNotification_channel, "must":"must be one of sms, email, push","type":"invalid-channel"},
    },
  },
};
